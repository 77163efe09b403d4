import type { App } from "./app";
import { useCell } from "./cell";
import { Icon } from "./icon";
import { t } from "./text";

export function ToastStack({ app }: { app: App }) {
  const shown = useCell(app.toasts.shown);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {shown.map((toast) => (
        <div key={toast.id} class={toast.bad ? "toast bad" : "toast"}>
          <span>{toast.text}</span>
          <button type="button" class="bare" aria-label={t.dismiss} onClick={() => app.toasts.dismiss(toast.id)}>
            <Icon name="cross" />
          </button>
        </div>
      ))}
    </div>
  );
}
