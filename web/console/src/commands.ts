// What the commands of buttons and keys do.

import type { App } from "./app";
import { abilitiesOf } from "./abilities";
import { pathOf } from "./api";
import type { Command } from "./keys";
import { LISTS, type ListName } from "./protocol";
import { fill, t } from "./text";

export async function takeOver(app: App): Promise<void> {
  const talk = app.talk.value;
  const head = talk?.head.value;
  if (!talk || !head) return;
  const { epoch } = head.conversation;
  const taken = await app.act(() => app.api.send("POST", `/conversations${pathOf(talk.id)}/take`, { epoch }), t.taken);
  const { route } = app.address;
  if (!taken || route.value.page !== "desk" || app.talk.value?.id !== talk.id) return;
  if (route.value.list !== "search") app.address.go({ page: "desk", list: "mine", conversation: talk.id, at: null });
}

export function run(app: App, command: Command): void {
  if (command === "help") return app.dialog.set({ kind: "help" });
  if (!app.answers) return;
  if (command.startsWith("list")) return openList(app, Number(command.slice(4)) - 1);
  if (command.startsWith("answer")) return useAnswer(app, Number(command.slice(6)) - 1);
  switch (command) {
    case "search":
      app.address.go({ page: "desk", list: "search", conversation: null, at: null });
      return focusOn(".query");
    case "next":
      return step(app, 1);
    case "previous":
      return step(app, -1);
    case "accept":
    case "pass":
      return answerOffer(app, command);
    default:
      return inConversation(app, command);
  }
}

function inConversation(app: App, command: Command): void {
  const talk = app.talk.value;
  if (!talk) return;
  const can = abilitiesOf(talk.head.value, app.me?.id ?? "", app.supervises);
  switch (command) {
    case "reply":
    case "note":
      app.drafts.change(talk.id, { mode: command });
      return focusOn(".composer textarea");
    case "take":
      return void (can.take && takeOver(app));
    case "transfer":
    case "snooze":
    case "close":
    case "release":
    case "block":
      return void (can[command] && app.dialog.set({ kind: command }));
    case "brief":
      return app.side.toggle();
    case "end":
      return void talk.end();
    case "older":
      return void talk.loadOlder();
    case "undo":
      return undoLast(app);
  }
}

/** Take the youngest reply of this agent back, held or still on its way to being held. */
export function undoLast(app: App): void {
  const talk = app.talk.value;
  const last = app.sends.pending.value.filter((one) => one.conversation === talk?.id && one.state !== "failed").at(-1);
  if (last) return void app.sends.recall(last.clientId);
  const held = talk?.stretch.value.held.filter(({ agent }) => agent.id === app.me?.id).at(-1);
  if (talk && held) void app.sends.undo(held.id, talk.id, held.text);
}

/** Put a suggested answer into the draft, without sending it. */
export function useAnswer(app: App, place: number): void {
  const talk = app.talk.value;
  const answer = talk?.brief.value?.answers[place];
  if (!talk || !answer) return;
  const { reply } = app.drafts.of(talk.id).value;
  app.side.leave();
  app.drafts.change(talk.id, { mode: "reply", reply: reply.trim() ? `${reply.trimEnd()}\n\n${answer.text}` : answer.text });
  focusOn(".composer textarea");
}

function openList(app: App, place: number): void {
  const shown = LISTS.filter((name) => name !== "others" || app.supervises);
  const list = shown[place];
  if (list) app.address.go({ page: "desk", list, conversation: null, at: null });
}

function step(app: App, by: number): void {
  const route = app.address.route.value;
  if (route.page !== "desk" || route.list === "search") return;
  const list: ListName = route.list;
  const items = app.lists.queue.value[list];
  const at = items.findIndex((item) => item.conversation === route.conversation);
  const next = items[at < 0 ? (by > 0 ? 0 : items.length - 1) : at + by];
  if (next) app.address.go({ page: "desk", list, conversation: next.conversation, at: null });
}

function answerOffer(app: App, command: "accept" | "pass"): void {
  const offer = app.offers.open.value[0];
  if (!offer) return;
  if (command === "accept") void app.offers.accept(offer);
  else {
    void app.offers.pass(offer);
    app.toasts.say(fill(t.passed, { name: offer.item.customer.name || t.nameless }));
  }
}

const FRAMES = 60;
let focusing = 0;

/** Focus what is about to be drawn: again until it is there and nothing that is drawn beside it takes the focus away. */
export function focusOn(selector: string): void {
  const mine = ++focusing;
  let left = FRAMES;
  let kept = 0;
  const step = (): void => {
    const found = document.querySelector<HTMLElement>(selector);
    kept = found !== null && document.activeElement === found ? kept + 1 : 0;
    if (kept === 0) found?.focus();
    left -= 1;
    if (kept < 3 && left > 0 && mine === focusing) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}
