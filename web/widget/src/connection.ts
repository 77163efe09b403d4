// The life of the one socket: hello, welcome, pings, and back again when it breaks.

import type { Clock } from "./clock";
import { type ClientFrame, type Hello, type ServerFrame, parseFrame } from "./protocol";

const SHORTEST_WAIT = 500;
const LONGEST_WAIT = 30_000;
const PING_EVERY = 20_000;
const SILENCE = 10_000;
const PROBE_SILENCE = 3_000;
const WELCOME_WITHIN = 15_000;
/** A connection that lived this long starts the waiting times anew. */
const STABLE = 10_000;

/** The part of a browser's WebSocket that we use. */
export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  readonly readyState: number;
  send(data: string): void;
  close(): void;
}

/** `open` only after the server's welcome; `waiting` is between a lost connection and the next try. */
export type ConnectionState = "idle" | "connecting" | "open" | "waiting";

export interface Listener {
  hello(): Hello;
  frame(frame: ServerFrame): void;
  state(state: ConnectionState): void;
}

/** Milliseconds before try number `tries` (from 0): doubling, 0.5 s to 30 s, the upper half left to chance. */
export function backOff(tries: number, random: number): number {
  const half = Math.min(LONGEST_WAIT / 2, SHORTEST_WAIT * 2 ** Math.min(tries, 16));
  return half + half * random;
}

export class Connection {
  #socket: Socket | null = null;
  #current: ConnectionState = "idle";
  #tries = 0;
  #welcomedAt = 0;
  #cancelRetry = (): void => undefined;
  #cancelPing = (): void => undefined;
  #cancelDeadline = (): void => undefined;

  constructor(
    private readonly open: () => Socket,
    private readonly listener: Listener,
    private readonly clock: Clock,
  ) {}

  get state(): ConnectionState {
    return this.#current;
  }

  /** How many tries in a row have ended without a lasting connection. */
  get failures(): number {
    return this.#tries;
  }

  /** Connect, unless that is under way already. */
  start(): void {
    if (this.#current === "idle" || this.#current === "waiting") this.#connect();
  }

  stop(): void {
    this.#drop();
    this.#become("idle");
  }

  /** Say hello again on a new socket; soon, but not in a tight loop. */
  restart(): void {
    if (this.#current === "idle") return;
    this.#lost();
  }

  /** Something changed (network is back, page is looked at): see whether we are still connected, at once. */
  wake(): void {
    if (this.#current === "waiting") this.#connect();
    else if (this.#current === "open") this.#probe(PROBE_SILENCE);
  }

  /** Whether the frame was given to an open connection; that it arrives is only known from its ack. */
  send(frame: ClientFrame): boolean {
    if (this.#current !== "open" || this.#socket?.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #connect(): void {
    this.#drop();
    this.#become("connecting");
    let socket: Socket;
    try {
      socket = this.open();
    } catch {
      this.#lost();
      return;
    }
    this.#socket = socket;
    this.#deadline(WELCOME_WITHIN);
    socket.onopen = () => socket.send(JSON.stringify(this.listener.hello()));
    socket.onmessage = ({ data }) => this.#received(data);
    socket.onclose = () => this.#lost();
  }

  #received(data: unknown): void {
    const frame = parseFrame(data);
    if (this.#current === "open") this.#cancelDeadline();
    if (!frame) return;
    if (frame.type === "welcome" && this.#current === "connecting") this.#welcomed();
    this.listener.frame(frame);
  }

  #welcomed(): void {
    this.#cancelDeadline();
    this.#welcomedAt = this.clock.now();
    this.#become("open");
    this.#pingLater();
  }

  #pingLater(): void {
    this.#cancelPing = this.clock.after(PING_EVERY, () => {
      this.#probe(SILENCE);
      this.#pingLater();
    });
  }

  /** Ping, and take the socket for dead when nothing at all is heard within `silence`. */
  #probe(silence: number): void {
    this.#deadline(silence);
    this.send({ type: "ping" });
  }

  #deadline(ms: number): void {
    this.#cancelDeadline();
    this.#cancelDeadline = this.clock.after(ms, () => this.#lost());
  }

  #lost(): void {
    const stable = this.#current === "open" && this.clock.now() - this.#welcomedAt >= STABLE;
    this.#tries = stable ? 0 : this.#tries;
    this.#drop();
    this.#cancelRetry = this.clock.after(backOff(this.#tries, this.clock.random()), () => this.#connect());
    this.#tries += 1;
    this.#become("waiting");
  }

  #drop(): void {
    this.#cancelRetry();
    this.#cancelPing();
    this.#cancelDeadline();
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #become(state: ConnectionState): void {
    if (this.#current === state) return;
    this.#current = state;
    this.listener.state(state);
  }
}
