// The customer's side of one conversation, without a page: what is known, what is unsent, what to say next.

import type { Clock } from "./clock";
import { Connection, type ConnectionState, type Listener, type Socket } from "./connection";
import { Outbox } from "./outbox";
import {
  type Ack,
  type Author,
  type ErrorFrame,
  type Hello,
  type Identity,
  type Message,
  type Queue,
  type ServerFrame,
  type Status,
  type Welcome,
  MAX_TEXT,
} from "./protocol";
import { Sending } from "./sending";
import type { Store } from "./storage";
import { type Change, type Entry, Timeline } from "./timeline";
import { OwnTyping, TheirTyping } from "./typing";
import type { Proof } from "./uploads";

/** Late frames may fill a gap for so long before we ask for the missing ones. */
const GAP_GRACE = 500;
/** With these codes the connection was refused: a welcome ends them. */
const REFUSALS = new Set(["too_many_connections", "origin_refused", "unavailable"]);

const NOTHING = (): void => undefined;

export interface Environment {
  readonly open: () => Socket;
  readonly store: Store;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly locale: () => string;
  /** Something that is shown has changed. */
  readonly changed: () => void;
  /** The server has said who we are: what waited for that may go. */
  readonly welcomed: () => void;
  /** A message came while connected (not a replay of older ones). */
  readonly received: (message: Message) => void;
}

export class Conversation implements Listener {
  status: Status = "bot";
  queue: Queue | null = null;
  /** Language of the conversation as the server knows it, "" before the first welcome. */
  language = "";
  /** What the server refused last, until the next message goes through. */
  error: ErrorFrame | null = null;
  /** Whether this page has ever been welcomed. */
  welcomed = false;
  /** Whether older messages are still being replayed. */
  replaying = false;

  readonly #environment: Environment;
  readonly #timeline = new Timeline();
  readonly #outbox: Outbox;
  readonly #sending: Sending;
  readonly #connection: Connection;
  readonly #own: OwnTyping;
  readonly #theirs: TheirTyping;
  #identity: Identity | null = null;
  #helloToken: string | null = null;
  #helloSeq = 0;
  #historyEnd = 0;
  #healedAt = -1;
  #gapRunning = false;
  #reading = false;
  #toldSeen = 0;
  #cancelGap = NOTHING;

  constructor(environment: Environment) {
    this.#environment = environment;
    const { store, clock } = environment;
    this.#outbox = new Outbox(store, clock.now, environment.newId);
    this.#connection = new Connection(environment.open, this, clock);
    this.#sending = new Sending(this.#outbox, (frame) => this.#connection.send(frame), clock);
    this.#own = new OwnTyping((on) => this.#connection.send({ type: "typing", on }), clock);
    this.#theirs = new TheirTyping(environment.changed, clock);
    this.#timeline.pend(this.#outbox.list());
  }

  // What is shown

  get connectionState(): ConnectionState {
    return this.#connection.state;
  }

  /** Whether the customer should know that there is no connection: not for a hiccup that costs nothing. */
  get cutOff(): boolean {
    const { state, failures } = this.#connection;
    const away = state === "waiting" || (state === "connecting" && failures > 0);
    return away && (failures > 1 || this.#outbox.list().length > 0);
  }

  get entries(): Entry[] {
    return this.#timeline.entries();
  }

  /** Messages of the other side that the customer has not seen. */
  get unread(): number {
    return this.#timeline.entries().filter(({ seq, author }) => (seq ?? 0) > this.#seen && author.kind !== "customer")
      .length;
  }

  /** Who is typing on the other side. */
  get typist(): Author | null {
    return this.#theirs.author;
  }

  get lastAgent(): Author | null {
    const agents = this.#timeline.entries().filter(({ author }) => author.kind === "agent");
    return agents.at(-1)?.author ?? null;
  }

  /** Whether this browser has talked to the server before, or has something to send. */
  get isKnown(): boolean {
    return this.#token !== null || this.#outbox.list().length > 0;
  }

  /** Who this browser speaks for, once the server has welcomed it. */
  get proof(): Proof | null {
    if (this.#connection.state !== "open" || this.#token === null) return null;
    return { token: this.#token, identity: this.#identity, locale: this.#environment.locale() };
  }

  // What the customer does

  start(): void {
    this.#connection.start();
  }

  stop(): void {
    this.#connection.stop();
  }

  wake(): void {
    this.#connection.wake();
  }

  /** Queue `text`; it is sent when connected. RangeError when it is empty or too long. Returns its client_msg_id. */
  say(text: string): string {
    const said = text.trim();
    if (said === "" || said.length > MAX_TEXT) throw new RangeError(`a message has 1 to ${MAX_TEXT} characters`);
    return this.#put(said, null);
  }

  press(button_id: string, title: string): string {
    return this.#put(title, button_id);
  }

  /** Be this customer from now on. */
  identify(identity: Identity): void {
    this.#identity = identity;
    this.#connection.restart();
  }

  /** The customer changes a text that is not sent; the other side learns it now and then. */
  writing(hasText: boolean): void {
    this.#own.changed(hasText);
  }

  /** Whether the customer can see the messages at the moment. */
  setReading(reading: boolean): void {
    this.#reading = reading;
    this.#tellSeen();
  }

  /** Another tab of the same site changed the storage. */
  storageChanged(): void {
    this.#timeline.pend(this.#outbox.list());
    if (this.#connection.state === "open" && this.#token !== null && this.#token !== this.#helloToken) {
      this.#connection.restart();
    }
    this.#environment.changed();
  }

  // What the connection tells

  hello(): Hello {
    if (this.#helloToken !== null && this.#helloToken !== this.#token) this.#forget();
    this.#helloToken = this.#token;
    this.#helloSeq = this.#timeline.lastSeq;
    return {
      type: "hello",
      token: this.#helloToken,
      last_seq: this.#helloSeq,
      locale: this.#environment.locale(),
      ...(this.#identity && { identity: this.#identity }),
    };
  }

  state(state: ConnectionState): void {
    if (state !== "open") {
      this.#sending.drop();
      this.#toldSeen = 0;
      this.#theirs.drop();
      this.#own.drop();
      this.#gapRunning = false;
      this.#cancelGap();
    }
    this.#environment.changed();
  }

  frame(frame: ServerFrame): void {
    switch (frame.type) {
      case "welcome":
        this.#onWelcome(frame);
        break;
      case "ack":
        this.#onAck(frame);
        break;
      case "message":
        this.#onMessage(frame);
        break;
      case "status":
        this.#onStatus(frame.status, frame.queue);
        break;
      case "typing":
        this.#theirs.set(frame.author, frame.on);
        break;
      case "error":
        this.#onError(frame);
        break;
      case "pong":
        return;
    }
    this.#environment.changed();
  }

  #onWelcome({ token, seq, status, language }: Welcome): void {
    const stranger = token !== this.#helloToken;
    const otherHistory = seq < this.#timeline.lastSeq;
    if (stranger) {
      this.#environment.store.set("token", token);
      this.#helloToken = token;
    }
    if (stranger || otherHistory) {
      this.#forget();
      this.#seen = Math.min(this.#seen, seq);
      if (this.#helloSeq > 0) return this.#connection.restart();
    }
    this.welcomed = true;
    if (this.error && REFUSALS.has(this.error.code)) this.error = null;
    this.language = language;
    this.#historyEnd = seq;
    this.replaying = this.#timeline.lastSeq < seq;
    this.#onStatus(status, null);
    this.#sending.flush();
    this.#tellSeen();
    this.#environment.welcomed();
  }

  #onAck(ack: Ack): void {
    this.#outbox.remove(ack.client_msg_id);
    this.#placed(this.#timeline.ack(ack));
    if (this.#sending.landed(ack.client_msg_id)) this.error = null;
  }

  #onMessage(message: Message): void {
    const change = this.#timeline.message(message);
    this.#placed(change);
    if (change !== "new") return;
    if (message.author.kind !== "customer") this.#theirs.drop();
    this.#tellSeen();
    if (message.seq > this.#historyEnd) this.#environment.received(message);
  }

  /** After the timeline took a frame: see whether something is missing. */
  #placed(change: Change): void {
    if (change === "conflict") {
      this.#forget();
      return this.#connection.restart();
    }
    if (this.#timeline.lastSeq >= this.#historyEnd) this.replaying = false;
    if (this.#timeline.hasGap === this.#gapRunning) return;
    this.#gapRunning = this.#timeline.hasGap;
    this.#cancelGap();
    if (this.#gapRunning) this.#cancelGap = this.#environment.clock.after(GAP_GRACE, () => this.#healGap());
  }

  #forget(): void {
    this.#timeline.reset();
    this.#healedAt = -1;
  }

  /** Ask for what is missing; when the server has already been asked for it and does not have it, go on. */
  #healGap(): void {
    this.#gapRunning = false;
    if (this.#healedAt !== this.#timeline.lastSeq) {
      this.#healedAt = this.#timeline.lastSeq;
      return this.#connection.restart();
    }
    this.#timeline.skipGap();
    this.#placed("new");
    this.#tellSeen();
    this.#environment.changed();
  }

  #onStatus(status: Status, queue: Queue | null): void {
    this.status = status;
    this.queue = queue;
  }

  #onError(error: ErrorFrame): void {
    this.error = error;
    if (error.code === "identity_invalid" && this.#identity) {
      // Without it we are a guest, or still the visitor of our token: better than no chat at all.
      this.#identity = null;
      return this.#connection.restart();
    }
    const refused = this.#sending.refused(error);
    if (refused) this.#timeline.fail(refused);
  }

  // Sending

  #put(text: string, button_id: string | null): string {
    const item = this.#outbox.add(text, button_id, this.#timeline.lastSeq);
    this.error = null;
    this.#timeline.pend(this.#outbox.list());
    this.#own.drop();
    this.#connection.start();
    this.#sending.flush();
    this.#environment.changed();
    return item.client_msg_id;
  }

  #tellSeen(): void {
    if (!this.#reading) return;
    const seq = this.#timeline.lastSeq;
    if (seq > this.#toldSeen && !this.replaying && this.#connection.send({ type: "seen", seq })) this.#toldSeen = seq;
    if (seq <= this.#seen) return;
    this.#seen = seq;
    this.#environment.changed();
  }

  get #token(): string | null {
    return this.#environment.store.get("token");
  }

  get #seen(): number {
    return Number(this.#environment.store.get("seen")) || 0;
  }

  set #seen(seq: number) {
    this.#environment.store.set("seen", String(seq));
  }
}
