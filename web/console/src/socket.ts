// The life of the console's socket: hello, pings, and back again when it breaks.

import type { Timer } from "./clock";
import type { ClientFrame, ServerFrame } from "./protocol";

const PROTOCOL = "grija.console.v1";
const SHORTEST_WAIT = 500;
const LONGEST_WAIT = 15_000;
const PING_EVERY = 20_000;
const SILENCE = 10_000;
const HELLO_WITHIN = 10_000;
const SIGNED_OUT = 4401;

/** `lost` is between a broken connection and the next try that succeeds. */
export type LinkState = "idle" | "connecting" | "open" | "lost";

export interface Listener {
  frame(frame: ServerFrame): void;
  state(state: LinkState): void;
  signedOut(reason: string): void;
}

/** Milliseconds before try number `tries` (from 0): doubling, the upper half left to chance. */
export function backOff(tries: number, random: number): number {
  const half = Math.min(LONGEST_WAIT / 2, SHORTEST_WAIT * 2 ** Math.min(tries, 16));
  return half + half * random;
}

export function consoleSocket(): WebSocket {
  const url = new URL("/console/ws", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(url, PROTOCOL);
}

export class Link {
  private socket: WebSocket | null = null;
  private state: LinkState = "idle";
  private tries = 0;
  private retry: Timer;
  private ping: Timer;
  private deadline: Timer;

  constructor(
    private readonly listener: Listener,
    private readonly open: () => WebSocket = consoleSocket,
  ) {}

  start(): void {
    if (this.state === "idle") this.connect("connecting");
  }

  stop(): void {
    this.drop();
    this.become("idle");
  }

  /** Something changed (network is back, the page is looked at): try or probe at once. */
  wake(): void {
    if (this.state === "lost") this.connect("lost");
    else if (this.state === "open") this.probe();
  }

  /** Whether the frame was given to an open connection. */
  send(frame: ClientFrame): boolean {
    if (this.state !== "open" || this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  private connect(state: LinkState): void {
    this.drop();
    this.become(state);
    const socket = this.open();
    this.socket = socket;
    this.expect(HELLO_WITHIN);
    socket.onmessage = ({ data }) => this.received(data);
    socket.onclose = ({ code }) => this.closed(code);
  }

  private received(data: unknown): void {
    const frame = frameOf(data);
    if (!frame) return;
    this.schedulePing();
    if (frame.type === "hello") {
      this.tries = 0;
      this.become("open");
    } else if (frame.type === "signed_out") {
      this.stop();
      this.listener.signedOut(frame.reason);
      return;
    }
    this.listener.frame(frame);
  }

  private closed(code: number): void {
    if (code === SIGNED_OUT) {
      this.stop();
      this.listener.signedOut("signed_out");
    } else this.lost();
  }

  private schedulePing(): void {
    clearTimeout(this.deadline);
    clearTimeout(this.ping);
    this.ping = setTimeout(() => this.probe(), PING_EVERY);
  }

  private probe(): void {
    if (this.send({ type: "ping" })) this.expect(SILENCE);
  }

  private expect(within: number): void {
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => this.lost(), within);
  }

  private lost(): void {
    this.drop();
    this.become("lost");
    this.retry = setTimeout(() => this.connect("lost"), backOff(this.tries, Math.random()));
    this.tries += 1;
  }

  private drop(): void {
    for (const timer of [this.retry, this.ping, this.deadline]) clearTimeout(timer);
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private become(state: LinkState): void {
    if (this.state === state) return;
    this.state = state;
    this.listener.state(state);
  }
}

/** A frame with a type, or null: nonsense on the line changes nothing. */
export function frameOf(data: unknown): ServerFrame | null {
  try {
    const value: unknown = JSON.parse(String(data));
    const type = (value as { type?: unknown } | null)?.type;
    return typeof type === "string" ? (value as ServerFrame) : null;
  } catch {
    return null;
  }
}
