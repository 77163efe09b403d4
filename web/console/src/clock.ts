// Time: the server's clock as near as we know it, and a slow tick for what says "5 min ago".

import { useEffect, useState } from "preact/hooks";
import { Cell } from "./cell";

/** What setTimeout gives, once it was called. */
export type Timer = ReturnType<typeof setTimeout> | undefined;

const SLOW = 15_000;
const FAST = 250;

export class Clock {
  readonly tick = new Cell(0);

  constructor(private readonly skew: () => number) {}

  /** Milliseconds since the epoch, by the server's clock. */
  now(): number {
    return Date.now() + this.skew();
  }

  start(): void {
    setInterval(() => this.tick.change((count) => count + 1), SLOW);
  }
}

/** Whole seconds until `until`, never below 0, counted down in the component that asks. */
export function useCountdown(clock: Clock, until: string): number {
  const left = (): number => Math.max(0, Math.ceil((Date.parse(until) - clock.now()) / 1000));
  const [seconds, setSeconds] = useState(left);
  useEffect(() => {
    setSeconds(left());
    const timer = setInterval(() => setSeconds(left()), FAST);
    return () => clearInterval(timer);
  }, [until]);
  return seconds;
}
