// Who is typing: telling the other side now and then, and showing it for a while.

import type { Clock } from "./clock";
import type { Author } from "./protocol";

const TELL_EVERY = 3_000;
const IDLE_AFTER = 5_000;
const SHOWN_FOR = 30_000;

const NOTHING = (): void => undefined;

/** The customer's typing, told at most every three seconds and taken back after five idle ones. */
export class OwnTyping {
  #toldAt = -Infinity;
  #cancelIdle = NOTHING;

  /** `tell` says whether the word could be sent. */
  constructor(
    private readonly tell: (on: boolean) => boolean,
    private readonly clock: Clock,
  ) {}

  changed(hasText: boolean): void {
    this.#cancelIdle();
    if (!hasText) return this.#end();
    const now = this.clock.now();
    if (now - this.#toldAt >= TELL_EVERY && this.tell(true)) this.#toldAt = now;
    this.#cancelIdle = this.clock.after(IDLE_AFTER, () => this.#end());
  }

  /** Forget it without a word: a message says it better, and a lost connection cannot. */
  drop(): void {
    this.#cancelIdle();
    this.#toldAt = -Infinity;
  }

  #end(): void {
    if (this.#toldAt > -Infinity) this.tell(false);
    this.#toldAt = -Infinity;
  }
}

/** Who types on the other side; not for ever, should the end of it get lost. */
export class TheirTyping {
  author: Author | null = null;
  #cancel = NOTHING;

  constructor(
    private readonly changed: () => void,
    private readonly clock: Clock,
  ) {}

  set(author: Author, on: boolean): void {
    if (author.kind === "customer") return;
    this.drop();
    if (!on) return;
    this.author = author;
    this.#cancel = this.clock.after(SHOWN_FOR, () => {
      this.author = null;
      this.changed();
    });
  }

  drop(): void {
    this.#cancel();
    this.author = null;
  }
}
