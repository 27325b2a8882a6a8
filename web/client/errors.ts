// What can go wrong, as one type: the server's codes, and the few that only a client knows.

export type ServerCode =
  | 'bad_request'
  | 'invalid_event'
  | 'too_large'
  | 'too_many_topics'
  | 'not_joined'
  | 'already_joined'
  | 'unknown_topic'
  | 'unavailable'
  | 'busy'
  | 'internal';

export type ClientCode =
  /** The bounded queue of unacknowledged sends is full; this send was not queued. */
  | 'queue_full'
  /** The key is already in the queue with another send. */
  | 'duplicate_key'
  /** The topic was left, or the client closed, before the server acknowledged; it may or may not be stored. */
  | 'left'
  | 'closed'
  /** A wait asked for by the caller passed its deadline. */
  | 'timeout';

// A newer server may answer with a code that this client does not know, hence any string.
export type Code = ServerCode | ClientCode | (string & {});

export class TroupeError extends Error {
  constructor(
    readonly code: Code,
    message: string,
  ) {
    super(message === '' ? code : message);
    this.name = 'TroupeError';
  }
}

/** Whether the same request may succeed later, so that it should be sent again with the same key. */
export function isRetryable(code: Code): boolean {
  return code === 'unavailable' || code === 'busy' || code === 'internal';
}
