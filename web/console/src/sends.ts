// Replies on their way: sending, held for undo, gone out. A text that does not go out comes back to its writer.

import { ApiError, pathOf } from "./api";
import type { App } from "./app";
import { Cell } from "./cell";
import { errorText } from "./errors";
import type { Entry, TimelinePage } from "./protocol";
import { t } from "./text";

export interface Pending {
  readonly clientId: string;
  readonly conversation: string;
  readonly text: string;
  /** failed: no answer came, so nobody knows; the same client id makes another try safe. */
  readonly state: "sending" | "held" | "failed";
  readonly id: string | null;
  readonly due: string | null;
  readonly began: number;
}

type Fate = "held" | "sent" | "gone";

const LOOK_AFTER = 700;
const LOOK_AGAIN = 2_000;
const LOOKS = 8;
const SKEW = 5_000;

export class Sends {
  readonly pending = new Cell<readonly Pending[]>([]);
  private readonly posts = new Map<string, Promise<void>>();

  constructor(private readonly app: App) {}

  send(conversation: string, text: string): Promise<void> {
    const began = this.app.clock.now();
    const pending: Pending = { clientId: newId(), conversation, text, state: "sending", id: null, due: null, began };
    this.pending.change((all) => [...all, pending]);
    this.app.typing.stop();
    return this.post(pending);
  }

  again(pending: Pending): Promise<void> {
    this.update(pending.clientId, { state: "sending" });
    return this.post(pending);
  }

  /** Take back a reply of this page; one that is still being sent as soon as it is held. */
  async recall(clientId: string): Promise<void> {
    await this.posts.get(clientId);
    const held = this.pending.value.find((one) => one.clientId === clientId && one.state === "held");
    if (held?.id) await this.undo(held.id, held.conversation, held.text);
  }

  /** Take a reply back while it is held: its text is the draft again. */
  async undo(id: string, conversation: string, text: string): Promise<void> {
    const undone = await this.app.act(() => this.app.api.send("DELETE", `/replies${pathOf(id)}`), t.undone);
    if (!undone) return;
    this.forget((pending) => pending.id === id);
    this.app.drafts.giveBack(conversation, text);
  }

  takeBack(pending: Pending): void {
    this.forget((other) => other.clientId === pending.clientId);
    this.app.drafts.giveBack(pending.conversation, pending.text);
  }

  /** The server says that a held reply does not go out: the conversation has another owner. */
  refused(id: string): void {
    const pending = this.pending.value.find((other) => other.id === id);
    if (pending) this.giveBack(pending);
  }

  private post(pending: Pending): Promise<void> {
    const posted = this.deliver(pending).finally(() => this.posts.delete(pending.clientId));
    this.posts.set(pending.clientId, posted);
    return posted;
  }

  private async deliver(pending: Pending): Promise<void> {
    const { conversation, text, clientId } = pending;
    try {
      const path = `/conversations${pathOf(conversation)}/replies`;
      const held = await this.app.api.send<{ id: string; due_at: string }>("POST", path, { text, client_id: clientId });
      this.update(clientId, { state: "held", id: held.id, due: held.due_at });
      const left = Date.parse(held.due_at) - this.app.clock.now();
      setTimeout(() => void this.look(clientId, LOOKS), Math.max(0, left) + LOOK_AFTER);
      if (this.app.talk.value?.id === conversation) void this.app.talk.value.refresh();
      void this.app.lists.reload();
    } catch (error) {
      const unknown = !(error instanceof ApiError) || error.status === 0 || error.status >= 500;
      if (unknown) this.update(clientId, { state: "failed" });
      else this.takeBack(pending);
      this.app.toasts.say(errorText(error), true);
    }
  }

  private async look(clientId: string, looks: number): Promise<void> {
    const pending = this.pending.value.find((other) => other.clientId === clientId);
    if (!pending || this.app.me === null) return;
    const fate = await this.fate(pending).catch((): Fate => "held");
    if (this.app.talk.value?.id === pending.conversation) await this.app.talk.value.refresh();
    if (fate === "held") {
      if (looks > 0) setTimeout(() => void this.look(clientId, looks - 1), LOOK_AGAIN);
      return;
    }
    if (fate === "gone") this.giveBack(pending);
    else this.forget((other) => other.clientId === clientId);
  }

  private giveBack(pending: Pending): void {
    this.takeBack(pending);
    this.app.toasts.say(t.replyRefused, true);
  }

  private async fate(pending: Pending): Promise<Fate> {
    const path = `/conversations${pathOf(pending.conversation)}/timeline`;
    const { entries } = await this.app.api.get<TimelinePage>(path, { limit: 50 });
    if (entries.some((entry) => entry.kind === "held" && entry.id === pending.id)) return "held";
    return wentOut(pending, entries, this.app.me?.id) ? "sent" : "gone";
  }

  private update(clientId: string, changes: Partial<Pending>): void {
    this.pending.change((all) => all.map((one) => (one.clientId === clientId ? { ...one, ...changes } : one)));
  }

  private forget(which: (pending: Pending) => boolean): void {
    this.pending.change((all) => all.filter((pending) => !which(pending)));
  }
}

/** Whether a reply is among the messages that have been written. */
export function wentOut(pending: Pending, entries: readonly Entry[], me: string | undefined): boolean {
  return entries.some(
    (entry) =>
      entry.kind === "message" &&
      entry.author.agent_id === me &&
      entry.text.trim() === pending.text.trim() &&
      Date.parse(entry.at) >= pending.began - SKEW,
  );
}

function newId(): string {
  const numbers = crypto.getRandomValues(new Uint8Array(16));
  return [...numbers].map((number) => number.toString(16).padStart(2, "0")).join("");
}
