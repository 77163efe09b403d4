// A value that pages watch: set it, and whoever uses it is drawn again.

import { useLayoutEffect, useReducer } from "preact/hooks";

export class Cell<T> {
  private readonly listeners = new Set<() => void>();

  constructor(private current: T) {}

  get value(): T {
    return this.current;
  }

  set(next: T): void {
    if (Object.is(next, this.current)) return;
    this.current = next;
    for (const listener of [...this.listeners]) listener();
  }

  change(next: (current: T) => T): void {
    this.set(next(this.current));
  }

  /** Calls `listener` after each change; the answer ends it. */
  watch(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** The value of a cell, kept up to date in the component that asks. */
export function useCell<T>(cell: Cell<T>): T {
  const [, redraw] = useReducer((count: number, _: void) => count + 1, 0);
  useLayoutEffect(() => cell.watch(() => redraw(undefined)), [cell]);
  return cell.value;
}
