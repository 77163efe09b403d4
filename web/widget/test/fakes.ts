// A clock that only moves when told, and sockets whose other end is the test.

import type { Clock } from "../src/clock";
import type { Socket } from "../src/connection";

export class FakeClock implements Clock {
  private time = 1_000_000;
  private timers: { at: number; work: () => void }[] = [];

  now = (): number => this.time;
  random = (): number => 0.5;

  after(ms: number, work: () => void): () => void {
    const timer = { at: this.time + ms, work };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((one) => one !== timer);
    };
  }

  /** Move on by `ms`, running what falls due, in order. */
  pass(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.timers = this.timers.filter((one) => one !== next);
      this.time = next.at;
      next.work();
    }
    this.time = end;
  }
}

export class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  readyState = 0;
  readonly sent: Record<string, unknown>[] = [];

  send(data: string): void {
    this.sent.push(JSON.parse(data) as Record<string, unknown>);
  }

  close(): void {
    this.readyState = 3;
  }

  opens(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  says(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  breaks(): void {
    this.readyState = 3;
    this.onclose?.();
  }

  ofType(type: string): Record<string, unknown>[] {
    return this.sent.filter((frame) => frame.type === type);
  }
}

export class FakeNetwork {
  readonly sockets: FakeSocket[] = [];

  open = (): FakeSocket => {
    const socket = new FakeSocket();
    this.sockets.push(socket);
    return socket;
  };

  get last(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("no socket was opened");
    return socket;
  }
}

export function message(seq: number, text = `text ${seq}`, kind = "bot", id = `m${seq}`): Record<string, unknown> {
  const sent_at = new Date(1_700_000_000_000 + seq).toISOString();
  return { type: "message", id, seq, author: { kind, name: "" }, text, buttons: [], sent_at };
}

export function welcome(seq: number, token = "t1", status = "bot"): Record<string, unknown> {
  return { type: "welcome", token, seq, status, language: "en" };
}
