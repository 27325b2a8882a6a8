// Waiting with a deadline. A test waits for a state or an event, never for time to pass.

import { setTimeout as pause } from 'node:timers/promises';

/** How long a wait may take unless the test says otherwise: long, because a loaded machine is slow. */
export const PATIENCE_MS = 20_000;

/**
 * Asks again and again until `condition` gives something that is true, and returns that. An exception counts as "not yet" and is part of the
 * message if the deadline passes.
 * @template T
 * @param {string} what  What is waited for, as it shall stand in the failure: "node b to see node a".
 * @param {() => T | Promise<T>} condition
 * @param {{within?: number, every?: number}} [options]  In milliseconds.
 * @returns {Promise<Exclude<Awaited<T>, false | null | undefined>>}
 */
export async function until(what, condition, { within = PATIENCE_MS, every = 20 } = {}) {
  const deadline = Date.now() + within;
  let trouble;
  for (;;) {
    try {
      trouble = undefined;
      const result = await condition();
      if (result) return /** @type {any} */ (result);
    } catch (error) {
      trouble = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`waited ${within} ms for ${what}` + (trouble ? `; last: ${trouble.message}` : ''), { cause: trouble });
    }
    await pause(every);  // poll: until the condition holds
  }
}

/**
 * The result of `promise`, or a failure that says what did not come in time.
 * @template T
 * @param {string} what
 * @param {Promise<T>} promise
 * @param {number} [within]
 * @returns {Promise<T>}
 */
export async function inTime(what, promise, within = PATIENCE_MS) {
  const timer = new AbortController();
  try {
    return await Promise.race([
      promise,
      pause(within, undefined, { signal: timer.signal }).then(() => {
        throw new Error(`waited ${within} ms for ${what}`);
      }),
    ]);
  } finally {
    timer.abort();
    promise.catch(() => {});
  }
}
