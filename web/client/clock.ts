// Time for the shell. Tests bring their own.

export interface Clock {
  /** Milliseconds that never go back. */
  now(): number;
  /** Calls `callback` once after `delayMs`, unless the returned function is called before. */
  schedule(callback: () => void, delayMs: number): () => void;
}

// Longer delays overflow the timers of browsers and Node and would fire at once.
const DELAY_MAX_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  schedule(callback, delayMs) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), DELAY_MAX_MS));
    return () => clearTimeout(timer);
  },
};
