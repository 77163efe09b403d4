// One open conversation: its head, its timeline, its brief, who else looks at it.

import { type Api, ApiError, pathOf } from "./api";
import { Cell } from "./cell";
import type { Timer } from "./clock";
import type { Brief, Canned, Head, TimelinePage, Viewer } from "./protocol";
import { EMPTY, type Stretch, highest, lowest, withNewer, withNewest, withOlder } from "./stretch";

const PAGE = 50;
const SEARCH_PAGE = 200;
const TYPING_LASTS = 6_000;
const BRIEF_REST = 1_500;

export class Talk {
  readonly head = new Cell<Head | null>(null);
  readonly stretch = new Cell<Stretch>(EMPTY);
  readonly loaded = new Cell(false);
  readonly brief = new Cell<Brief | null>(null);
  readonly canned = new Cell<readonly Canned[]>([]);
  readonly viewers = new Cell<readonly Viewer[]>([]);
  readonly customerTypes = new Cell(false);
  readonly failure = new Cell<ApiError | null>(null);
  /** The messages that are pointed at, by id. */
  readonly marked = new Cell<readonly string[]>([]);
  /** Raised when the newest entry must be shown. */
  readonly toEnd = new Cell(0);
  private loading = false;
  private typingTimer: Timer;
  private briefTimer: Timer;
  private unmark: Timer;
  private asked = 0;
  private answered = 0;
  private opening = false;
  private moved = false;

  constructor(
    readonly id: string,
    private readonly api: Api,
  ) {}

  private get path(): string {
    return pathOf("conversations", this.id);
  }

  /** Load everything; with `at` the timeline begins around that number. */
  async open(at: number | null): Promise<void> {
    this.opening = true;
    const head = this.loadHead();
    await (at === null ? this.loadNewest() : this.goTo(at)).finally(() => (this.opening = false));
    // What is read first comes first: a brief takes the server longer than all the rest.
    void this.loadBrief();
    void this.loadCanned();
    if (this.moved) await this.refresh();
    await head;
  }

  /** Fetch what is new; while the conversation is being opened, when it is there. */
  async refresh(): Promise<void> {
    this.moved = this.opening;
    if (this.opening) return;
    clearTimeout(this.briefTimer);
    this.briefTimer = setTimeout(() => void this.loadBrief(), BRIEF_REST);
    const newest = this.stretch.value.moreAfter ? Promise.resolve() : this.loadNewest();
    await Promise.all([this.loadHead(), newest]);
  }

  async loadNewest(): Promise<void> {
    const asked = ++this.asked;
    const page = await this.ask<TimelinePage>("/timeline", { limit: PAGE });
    // An older answer that comes later must not take back what a newer one has shown.
    if (!page || asked < this.answered) return;
    this.answered = asked;
    this.show(withNewest(this.stretch.value, page));
  }

  /** Let go of an old part of the timeline and show the newest. */
  async end(): Promise<void> {
    if (this.stretch.value.moreAfter) await this.loadNewest();
    this.toEnd.change((count) => count + 1);
  }

  loadOlder(limit = PAGE): Promise<void> {
    return this.once(async () => {
      const before = lowest(this.stretch.value.entries);
      if (!this.stretch.value.moreBefore || before === null) return;
      const page = await this.ask<TimelinePage>("/timeline", { before, limit });
      if (page) this.show(withOlder(this.stretch.value, page));
    });
  }

  loadNewer(): Promise<void> {
    return this.once(async () => {
      const after = highest(this.stretch.value.entries);
      if (!this.stretch.value.moreAfter || after === null) return;
      const page = await this.ask<TimelinePage>("/timeline", { after, limit: PAGE });
      if (page) this.show(withNewer(this.stretch.value, page));
    });
  }

  /** Show the message with this number, in the middle of what is around it. */
  async goTo(seq: number): Promise<void> {
    if (!this.messageAt(seq)) {
      const page = await this.ask<TimelinePage>("/timeline", { before: seq + PAGE / 2, limit: PAGE });
      if (page) this.show(withNewer({ ...EMPTY, moreBefore: page.more }, { entries: page.entries, more: true }));
    }
    const found = this.messageAt(seq);
    if (found) this.mark([found]);
  }

  /** Show messages by their ids, looking back through the timeline for the first of them. */
  async goToMessages(ids: readonly string[]): Promise<boolean> {
    const isThere = (): boolean =>
      this.stretch.value.entries.some((entry) => entry.kind === "message" && ids.includes(entry.id));
    while (!isThere() && this.stretch.value.moreBefore) {
      const before = lowest(this.stretch.value.entries);
      await this.loadOlder(SEARCH_PAGE);
      if (lowest(this.stretch.value.entries) === before) break;
    }
    if (isThere()) this.mark(ids);
    return isThere();
  }

  hears(on: boolean): void {
    clearTimeout(this.typingTimer);
    this.customerTypes.set(on);
    if (on) this.typingTimer = setTimeout(() => this.customerTypes.set(false), TYPING_LASTS);
  }

  close(): void {
    for (const timer of [this.typingTimer, this.briefTimer, this.unmark]) clearTimeout(timer);
  }

  async loadBrief(): Promise<void> {
    const brief = await this.api.get<Brief>(`${this.path}/brief`).catch(() => null);
    if (brief) this.brief.set(brief);
  }

  private async loadCanned(): Promise<void> {
    this.canned.set(await this.api.get<readonly Canned[]>(`${this.path}/canned`).catch(() => []));
  }

  private async loadHead(): Promise<void> {
    const head = await this.ask<Head>("", {});
    if (!head) return;
    this.head.set(head);
    if (this.viewers.value.length === 0) this.viewers.set(head.viewers);
  }

  private async ask<T>(rest: string, query: Record<string, number>): Promise<T | null> {
    try {
      const answer = await this.api.get<T>(this.path + rest, query);
      this.failure.set(null);
      return answer;
    } catch (error) {
      if (error instanceof ApiError) this.failure.set(error);
      else throw error;
      return null;
    }
  }

  private async once(work: () => Promise<void>): Promise<void> {
    if (this.loading) return;
    this.loading = true;
    try {
      await work();
    } finally {
      this.loading = false;
    }
  }

  private show(stretch: Stretch): void {
    this.stretch.set(stretch);
    this.loaded.set(true);
  }

  private messageAt(seq: number): string | null {
    for (const entry of this.stretch.value.entries) if (entry.kind === "message" && entry.seq === seq) return entry.id;
    return null;
  }

  private mark(ids: readonly string[]): void {
    clearTimeout(this.unmark);
    this.marked.set([...ids]);
    this.unmark = setTimeout(() => this.marked.set([]), 4_000);
  }
}
