import { useApp } from "./app";
import { useCell } from "./cell";
import { Icon } from "./icon";
import { t } from "./text";

/** Says that the connection is lost, while it is. */
export function Banner() {
  const app = useApp();
  const state = useCell(app.news.state);
  return (
    <div class="banner" role="status" aria-live="polite">
      {state === "lost" && (
        <p>
          <Icon name="warning" />
          <span>{t.connectionLost}</span>
          <button type="button" onClick={() => app.news.link.wake()}>{t.tryNow}</button>
        </p>
      )}
    </div>
  );
}
