// The keyboard of the whole page.

import type { App } from "./app";
import { run } from "./commands";
import { commandOf } from "./keys";

const FIELDS = "input:not([type=checkbox], [type=radio]), textarea, select";

export function onKey(app: App, event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
  const target = event.target instanceof Element ? event.target : null;
  const writing = target?.matches(FIELDS) ?? false;
  if (event.key === "Escape") return leave(app, target, writing);
  const command = commandOf(event, writing, app.prefs.cell.value.keys);
  if (!command) return;
  event.preventDefault();
  run(app, command);
}

// Out of the field first, then out of the conversation.
function leave(app: App, target: Element | null, writing: boolean): void {
  const route = app.address.route.value;
  if (writing && target instanceof HTMLElement) {
    target.blur();
    document.querySelector<HTMLElement>("main")?.focus();
  } else if (route.page === "desk" && route.conversation) {
    app.address.go({ ...route, conversation: null, at: null });
  }
}
