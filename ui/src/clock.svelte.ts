import { createSubscriber } from 'svelte/reactivity';

const TICK_MS = 250;

/** The present, read by what counts down. The one interval runs only while somebody on screen reads it. */
class Clock {
  #subscribe = createSubscriber((update) => {
    const timer = setInterval(update, TICK_MS);
    return () => clearInterval(timer);
  });

  /** Milliseconds since 1970; re-read while it is shown. */
  get now(): number {
    this.#subscribe();
    return Date.now();
  }

  /** Whole seconds until a deadline in milliseconds; 0 when it has passed. */
  secondsTo(deadline: number): number {
    return Math.max(0, Math.ceil((deadline - this.now) / 1000));
  }
}

export const clock = new Clock();
