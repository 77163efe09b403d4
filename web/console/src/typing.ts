// Telling the others that the agent writes: at the first key, again while it goes on, and when it ends.

import type { Timer } from "./clock";

const AGAIN = 3_000;
const ENDS = 5_000;

export class TypingSender {
  private conversation: string | null = null;
  private sentAt = 0;
  private timer: Timer;

  constructor(private readonly send: (conversation: string, on: boolean) => void) {}

  key(conversation: string): void {
    if (this.conversation !== conversation) this.stop();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.stop(), ENDS);
    if (this.conversation === conversation && Date.now() - this.sentAt < AGAIN) return;
    this.conversation = conversation;
    this.sentAt = Date.now();
    this.send(conversation, true);
  }

  stop(): void {
    clearTimeout(this.timer);
    if (this.conversation !== null) this.send(this.conversation, false);
    this.conversation = null;
  }
}
