// Short words about what was done or went wrong. They go by themselves; what went wrong stays longer.

import { Cell } from "./cell";

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly bad: boolean;
}

const STAYS = 5_000;
const BAD_STAYS = 10_000;

export class Toasts {
  readonly shown = new Cell<readonly Toast[]>([]);
  private count = 0;

  say(text: string, bad = false): void {
    const toast = { id: ++this.count, text, bad };
    this.shown.change((shown) => [...shown.filter((other) => other.text !== text).slice(-2), toast]);
    setTimeout(() => this.dismiss(toast.id), bad ? BAD_STAYS : STAYS);
  }

  dismiss(id: number): void {
    this.shown.change((shown) => shown.filter((toast) => toast.id !== id));
  }
}
