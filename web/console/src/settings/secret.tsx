import { useApp } from "../app";
import { t } from "../text";

/** Something that is shown once: to be copied, and then put away. */
export function Secret({ title, hint, secret, close }: { title: string; hint: string; secret: string; close: () => void }) {
  const app = useApp();
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(secret);
    app.toasts.say(t.copied);
  };
  return (
    <div class="secret" role="status">
      <b>{title}</b>
      <p>{hint}</p>
      <code>{secret}</code>
      <div class="buttons">
        <button type="button" onClick={() => void app.act(copy)}>{t.copy}</button>
        <button type="button" onClick={close}>{t.done}</button>
      </div>
    </div>
  );
}
