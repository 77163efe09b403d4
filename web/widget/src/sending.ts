// What the customer has said and the server has not: sent one at a time, and again until it is answered.

import type { Clock } from "./clock";
import { type OutboxItem, type Outbox, frameOf } from "./outbox";
import type { ClientFrame, ErrorFrame } from "./protocol";

const ACK_WITHIN = 15_000;
const RETRY_AFTER = 3_000;
/** Seconds. */
const LONGEST_RETRY = 300;

/** With these codes the same message would be refused again. */
const FINAL = new Set(["text_empty", "text_too_long", "bad_frame", "button_unknown"]);
/** With these codes the message was not looked at, and a later try may go through. */
const PASSING = new Set(["rate_limited", "unavailable", "internal", "store_unavailable"]);

export class Sending {
  readonly #outbox: Outbox;
  readonly #send: (frame: ClientFrame) => boolean;
  readonly #clock: Clock;
  #inFlight: string | null = null;
  #cancelAck = (): void => undefined;

  constructor(outbox: Outbox, send: (frame: ClientFrame) => boolean, clock: Clock) {
    this.#outbox = outbox;
    this.#send = send;
    this.#clock = clock;
  }

  /** What is not acknowledged, oldest first. */
  get unsent(): readonly OutboxItem[] {
    return this.#outbox.list();
  }

  /** Send the oldest unsent message; the next one follows its ack, so order holds whatever happens. */
  flush(): void {
    const item: OutboxItem | undefined = this.unsent[0];
    if (this.#inFlight !== null || !item || !this.#send(frameOf(item))) return;
    this.#inFlight = item.client_msg_id;
    this.#tryAgain(ACK_WITHIN);
  }

  /** A message was answered. Whether it is the one that was on its way: then the next one follows. */
  landed(client_msg_id: string): boolean {
    if (this.#inFlight !== client_msg_id) return false;
    this.#next();
    return true;
  }

  /**
   * The server has refused something: try again later, or give the message back that would be refused again.
   * One message is on its way at a time, so a refusal without a name is about that one.
   */
  refused({ client_msg_id, code, retry_after }: ErrorFrame): OutboxItem | undefined {
    const refused = client_msg_id ?? this.#inFlight;
    const item = this.unsent.find((one) => one.client_msg_id === refused);
    if (!item) return;
    if (FINAL.has(code)) {
      this.#outbox.remove(item.client_msg_id);
      this.landed(item.client_msg_id);
      return item;
    }
    if (PASSING.has(code)) {
      this.#tryAgain(Math.max(RETRY_AFTER, Math.min(retry_after ?? 0, LONGEST_RETRY) * 1000));
    }
  }

  /** The connection is gone, and what was on its way with it. */
  drop(): void {
    this.#inFlight = null;
    this.#cancelAck();
  }

  #next(): void {
    this.drop();
    this.flush();
  }

  #tryAgain(ms: number): void {
    this.#cancelAck();
    this.#cancelAck = this.#clock.after(ms, () => this.#next());
  }
}
