// Conversations that are offered to this agent: from the socket at once, and from the queue after a reload.

import { pathOf } from "./api";
import type { App } from "./app";
import { Cell } from "./cell";
import type { Item } from "./protocol";
import { t } from "./text";

export interface Offer {
  readonly handoff: string;
  readonly item: Item;
  readonly until: string;
  /** When we heard of it, in milliseconds of this page's life. */
  readonly heardAt: number;
}

export class Offers {
  readonly open = new Cell<readonly Offer[]>([]);
  private readonly answered = new Set<string>();

  constructor(private readonly app: App) {
    // Lists that came by the socket may be older than the offers that came by it.
    app.lists.answered.watch(() => this.fromQueue());
  }

  add(item: Item, until: string): void {
    const handoff = item.handoff;
    if (!handoff) return;
    this.answered.delete(handoff);
    const known = this.open.value.some((offer) => offer.handoff === handoff);
    this.open.change((open) => [...open.filter((offer) => offer.handoff !== handoff), { handoff, item, until, heardAt: performance.now() }]);
    if (known) return;
    const title = t.offerFor.replace("{name}", item.customer.name || t.customer);
    this.app.alarm.call("offer", title, item.last?.text ?? "", () => undefined);
  }

  remove(handoff: string): void {
    this.open.change((open) => open.filter((offer) => offer.handoff !== handoff));
  }

  clear(): void {
    this.open.set([]);
  }

  async accept(offer: Offer): Promise<void> {
    this.answer(offer);
    const accepted = await this.app.act(() => this.app.api.send("POST", `/offers${pathOf(offer.handoff)}/accept`));
    const { conversation } = offer.item;
    if (accepted) this.app.address.go({ page: "desk", list: "mine", conversation, at: null });
  }

  async pass(offer: Offer): Promise<void> {
    this.answer(offer);
    await this.app.act(() => this.app.api.send("POST", `/offers${pathOf(offer.handoff)}/pass`));
  }

  private answer(offer: Offer): void {
    this.answered.add(offer.handoff);
    this.remove(offer.handoff);
  }

  private fromQueue(): void {
    const me = this.app.me?.id;
    const now = this.app.clock.now();
    const mine = this.app.lists.queue.value.waiting.filter((item) => item.offered_to === me && item.handoff);
    const running = mine.filter((item) => Date.parse(item.offered_until ?? "") > now);
    for (const { handoff, heardAt } of this.open.value) {
      // A queue that was asked for before the offer came knows nothing of it.
      if (heardAt < this.app.lists.askedAt && !running.some((item) => item.handoff === handoff)) this.remove(handoff);
    }
    for (const item of running) {
      if (!this.answered.has(item.handoff ?? "")) this.add(item, item.offered_until ?? "");
    }
  }
}
