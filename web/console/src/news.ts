// What the socket brings, and what it means for the page.

import type { App } from "./app";
import { Cell } from "./cell";
import type { Item, ServerFrame } from "./protocol";
import { Link, type LinkState } from "./socket";
import { t } from "./text";

export class News {
  readonly link: Link;
  readonly state = new Cell<LinkState>("idle");
  private started = false;
  /** Conversations with news that the lists do not show yet, as they were in the lists before. */
  private readonly moved = new Map<string, Item | null>();

  constructor(private readonly app: App) {
    this.link = new Link({
      frame: (frame) => this.take(frame),
      state: (state) => this.state.set(state),
      signedOut: (reason) => void app.recheck(reason || "signed_out"),
    });
    addEventListener("online", () => this.link.wake());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.link.wake();
    });
  }

  start(): void {
    this.started = false;
    this.link.start();
  }

  stop(): void {
    this.link.stop();
  }

  private take(frame: ServerFrame): void {
    const { app } = this;
    switch (frame.type) {
      case "hello":
        return this.catchUp();
      case "queue":
        return void app.lists.reload();
      case "lists":
        app.lists.take(frame.queue);
        return this.ringMoved();
      case "conversation":
        return this.conversation(frame.id);
      case "offer":
        return app.offers.add(frame.item, frame.until);
      case "offer_ended":
        return app.offers.remove(frame.handoff);
      case "typing":
        if (frame.conversation === app.talk.value?.id && frame.author.kind === "customer") app.talk.value.hears(frame.on);
        return;
      case "viewers":
        if (frame.conversation === app.talk.value?.id) app.talk.value.viewers.set(frame.agents);
        return;
      case "presence":
        return void app.loadColleagues();
      case "alerts":
        return app.loadAlerts();
      case "mention":
        return this.mention(frame.conversation, frame.by);
      case "refused":
        return app.sends.refused(frame.reply);
      case "error":
        return app.toasts.say((t.errors as Readonly<Record<string, string>>)[frame.code] ?? frame.message, true);
    }
  }

  // After a break nobody knows what was missed: everything that is shown is asked for again.
  private catchUp(): void {
    const { app } = this;
    this.link.send({ type: "watch", conversation: app.talk.value?.id ?? null });
    this.link.send({ type: "lists", on: true });
    if (this.started) {
      void app.lists.reload();
      void app.talk.value?.refresh();
      void app.loadColleagues();
      app.loadAlerts();
    }
    this.started = true;
  }

  private conversation(id: string): void {
    const { app } = this;
    if (!this.moved.has(id)) this.moved.set(id, app.lists.find(id));
    if (app.talk.value?.id === id) void app.talk.value.refresh();
  }

  private ringMoved(): void {
    for (const [id, before] of this.moved) this.ring(before, this.app.lists.find(id));
    this.moved.clear();
  }

  private ring(before: Item | null, item: Item | null): void {
    const mine = item?.owner !== null && item?.owner?.id === this.app.me?.id;
    if (!item || !mine || item.last?.author !== "customer" || item.last.at === before?.last?.at) return;
    if (this.app.talk.value?.id === item.conversation && document.hasFocus()) return;
    this.app.alarm.call("message", item.customer.name || t.customer, item.last.text, () => this.open(item.conversation));
  }

  private mention(conversation: string, by: string): void {
    const text = t.mentioned.replace("{name}", by);
    this.app.toasts.say(text);
    this.app.alarm.call("mention", text, "", () => this.open(conversation));
    void this.app.lists.reload();
  }

  private open(conversation: string): void {
    this.app.address.go({ page: "desk", list: "mine", conversation, at: null });
  }
}
