// The lists of the desk: loaded at once, and then as the server sends them whenever they have changed.

import { type Api, pathOf } from "./api";
import { Cell } from "./cell";
import type { Timer } from "./clock";
import { type Item, LISTS, type ListName, type Queue } from "./protocol";

const FIRST = 100;
const PAGE = 200;
const TAIL_REST = 3_000;

const NOTHING: Queue = {
  waiting: [],
  mine: [],
  others: [],
  bot: [],
  snoozed: [],
  counts: { waiting: 0, mine: 0, others: 0, bot: 0, snoozed: 0 },
};

export class Lists {
  readonly queue = new Cell<Queue>(NOTHING);
  readonly loaded = new Cell(false);
  readonly failed = new Cell<unknown>(null);
  /** Raised when lists that we have asked for are shown. */
  readonly answered = new Cell(0);
  /** When those were asked for, in milliseconds of this page's life. */
  askedAt = 0;
  private extent: { name: ListName; length: number } | null = null;
  private running: Promise<void> | null = null;
  private again = false;
  private tailTimer: Timer;

  constructor(private readonly api: Api) {}

  /** Ask for all lists. While one question is under way, many more make only one more. */
  reload(): Promise<void> {
    if (this.running) this.again = true;
    else this.running = this.rounds().finally(() => (this.running = null));
    return this.running;
  }

  /** Show lists that the server has sent. */
  take(queue: Queue): void {
    // Which of the two was read later, nobody knows.
    if (this.running) this.again = true;
    this.show(this.withKnownTail(queue));
    this.failed.set(null);
  }

  /** Show more of a list than its beginning. */
  async extend(name: ListName): Promise<void> {
    const { counts, [name]: shown } = this.queue.value;
    if (shown.length >= counts[name] || this.running) return;
    this.extent = { name, length: Math.min(counts[name], shown.length + PAGE) };
    await this.reload();
  }

  clear(): void {
    this.queue.set(NOTHING);
    this.loaded.set(false);
    this.extent = null;
    clearTimeout(this.tailTimer);
    this.tailTimer = undefined;
  }

  find(conversation: string): Item | null {
    for (const name of LISTS) {
      const found = this.queue.value[name].find((item) => item.conversation === conversation);
      if (found) return found;
    }
    return null;
  }

  private async rounds(): Promise<void> {
    do {
      this.again = false;
      const askedAt = performance.now();
      try {
        const queue = await this.extended(await this.api.get<Queue>("/queue"));
        this.askedAt = askedAt;
        this.show(queue);
        this.failed.set(null);
        this.answered.change((count) => count + 1);
      } catch (error) {
        this.failed.set(error);
      }
    } while (this.again);
  }

  private show(queue: Queue): void {
    this.queue.set(settled(this.queue.value, queue));
    this.loaded.set(true);
  }

  // The server sends the beginning of each list. What we have of the rest is shown on, and read again after a moment.
  private withKnownTail(queue: Queue): Queue {
    const extent = this.extent;
    if (!extent || queue.counts[extent.name] <= FIRST) return queue;
    this.tailTimer ??= setTimeout(() => {
      this.tailTimer = undefined;
      void this.reload();
    }, TAIL_REST);
    const sent = new Set(LISTS.flatMap((name) => queue[name]).map((item) => item.conversation));
    const tail = this.queue.value[extent.name].filter((item) => !sent.has(item.conversation));
    return { ...queue, [extent.name]: [...queue[extent.name], ...tail].slice(0, queue.counts[extent.name]) };
  }

  private async extended(queue: Queue): Promise<Queue> {
    const extent = this.extent;
    if (!extent || queue.counts[extent.name] <= FIRST) return queue;
    const items: Item[] = [];
    let after: string | null = null;
    do {
      const page: { items: Item[]; next: string | null } = await this.api.get(`/queue${pathOf(extent.name)}`, {
        after,
        limit: Math.min(PAGE, extent.length - items.length),
      });
      items.push(...page.items);
      after = page.next;
    } while (after && items.length < extent.length);
    return { ...queue, [extent.name]: items };
  }
}

// An item that has not changed stays the same object, so that its row is not drawn again.
function settled(known: Queue, queue: Queue): Queue {
  const before = new Map(LISTS.flatMap((name) => known[name]).map((item) => [item.conversation, item]));
  const kept = (item: Item): Item => {
    const former = before.get(item.conversation);
    return former && looksOf(former) === looksOf(item) ? former : item;
  };
  const lists = Object.fromEntries(LISTS.map((name) => [name, (queue[name] ?? []).map(kept)]));
  return { ...lists, counts: queue.counts } as Queue;
}

// All of an item that its row shows. How long somebody waits in the queue is shown from `queued_at`, by the page's clock.
function looksOf(item: Item): string {
  return JSON.stringify(item.status === "queued" ? { ...item, waited_s: null } : item);
}
