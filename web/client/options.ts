// Every bound and every deadline of the client has its name here.

export interface Limits {
  /** A connection attempt that has not opened after this long is given up. */
  connectTimeoutMs: number;
  /** A join, send, present or leave without an answer after this long means that the connection is broken. */
  ackTimeoutMs: number;
  /** A ping without a pong after this long means the same. */
  pingTimeoutMs: number;
  pingIntervalMs: number;
  /** The first try after a lost connection comes within this time, so that many clients do not come as one. */
  firstRetryMaxMs: number;
  /** Pauses between tries grow from `retryBaseMs`, doubling, to `retryMaxMs`; half of each is random. */
  retryBaseMs: number;
  retryMaxMs: number;
  /** A connection that lived this long counts as good: the next loss starts from short pauses again. */
  stableAfterMs: number;
  /** Sends of one topic that wait for their acknowledgement, sent or not. Beyond it a send is refused: `queue_full`. */
  queueMax: number;
  queueBytesMax: number;
  /** Sends of one topic on their way at once. With 1, no failure can ever let a later send overtake an earlier one. */
  inFlightMax: number;
  /** The server's `session.data_bytes_max`: a larger `data` is refused here with `too_large`. */
  dataBytesMax: number;
  /** Signals are dropped while more than this waits in the socket: a late cursor is worth nothing. */
  signalBufferMaxBytes: number;
}

export const DEFAULT_LIMITS: Readonly<Limits> = {
  connectTimeoutMs: 5_000,
  ackTimeoutMs: 15_000,
  pingTimeoutMs: 5_000,
  pingIntervalMs: 10_000,
  firstRetryMaxMs: 200,
  retryBaseMs: 250,
  retryMaxMs: 5_000,
  stableAfterMs: 5_000,
  queueMax: 1_000,
  queueBytesMax: 8 * 1024 * 1024,
  inFlightMax: 16,
  dataBytesMax: 64 * 1024,
  signalBufferMaxBytes: 64 * 1024,
};
