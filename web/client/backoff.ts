// Exponential backoff with jitter. Half of each pause is random: enough to spread a crowd of clients that lost the
// same node, and never so little that a client retries at once.

export interface BackoffOptions {
  baseMs: number;
  maxMs: number;
}

/** The pause before retry number `attempt` (0, 1, 2, …); `random` is in [0, 1). */
export function backoffMs(attempt: number, options: BackoffOptions, random: number): number {
  // Beyond 2^30 the ceiling has long been reached, and larger powers would lose meaning.
  const ceiling = Math.min(options.maxMs, options.baseMs * 2 ** Math.min(attempt, 30));
  return ceiling / 2 + (ceiling / 2) * random;
}
