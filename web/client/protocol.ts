// The messages of `troupe.v1.json`, as docs/protocol.md has them. Nothing here acts: types, and a decoder that lets
// only well-formed messages through, so that the state machine never meets a missing field.

export const SUBPROTOCOL = 'troupe.v1.json';
export const SOCKET_PATH = '/api/v1/socket';

/** How far a client has come in a document: seqs of different epochs cannot be compared. */
export interface Position {
  epoch: string;
  seq: number;
}

export type ClientMessage =
  | { op: 'join'; id: number; topic: string; after?: Position; present?: unknown; write_key?: string }
  | { op: 'send'; id: number; topic: string; key: string; data: unknown }
  | { op: 'signal'; topic: string; data: unknown }
  | { op: 'present'; id: number; topic: string; present: unknown }
  | { op: 'leave'; id: number; topic: string }
  | { op: 'ping'; id: number };

/** One session that is present on a topic, and what it shows of itself. */
export interface Presence {
  session: string;
  present: unknown;
}

export interface JoinedMessage {
  op: 'joined';
  /** Absent when the server starts the topic over by itself. */
  id?: number;
  topic: string;
  epoch: string;
  seq: number;
  recovered: boolean;
  snapshot?: unknown;
  present: Presence[];
  session: string;
  node: string;
  /** This session may neither send nor signal there. */
  readOnly: boolean;
}

export interface EventMessage {
  op: 'event';
  topic: string;
  seq: number;
  key: string;
  from: string;
  data: unknown;
}

export type ServerMessage =
  | JoinedMessage
  | EventMessage
  | { op: 'ack'; id: number; seq?: number }
  | { op: 'present'; topic: string; joined: Presence[]; left: string[] }
  | { op: 'signal'; topic: string; from: string; data: unknown }
  | { op: 'status'; topic: string; available: boolean; reason: string }
  | { op: 'reconnect'; reason: string }
  | { op: 'pong'; id: number }
  | { op: 'error'; id?: number; code: string; message: string };

type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSeq(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function presences(value: unknown): Presence[] {
  if (!Array.isArray(value)) return [];
  return value
    .filter((each): each is Fields => isFields(each) && typeof each['session'] === 'string')
    .map((each) => ({ session: text(each['session']), present: each['present'] }));
}

function decodeJoined(fields: Fields): JoinedMessage | undefined {
  const { id, topic, epoch, seq, recovered } = fields;
  if (typeof topic !== 'string' || typeof epoch !== 'string' || !isSeq(seq)) return undefined;
  if (typeof recovered !== 'boolean') return undefined;
  if (!recovered && !('snapshot' in fields)) return undefined;
  return {
    op: 'joined',
    ...(isSeq(id) ? { id } : {}),
    topic,
    epoch,
    seq,
    recovered,
    snapshot: fields['snapshot'],
    present: presences(fields['present']),
    session: text(fields['session']),
    node: text(fields['node']),
    readOnly: fields['read_only'] === true,
  };
}

function decodeAboutTopic(fields: Fields, topic: string): ServerMessage | undefined {
  switch (fields['op']) {
    case 'event':
      if (!isSeq(fields['seq'])) return undefined;
      return {
        op: 'event',
        topic,
        seq: fields['seq'],
        key: text(fields['key']),
        from: text(fields['from']),
        data: fields['data'],
      };
    case 'present': {
      const left = fields['left'];
      const gone = Array.isArray(left) ? left.filter((each): each is string => typeof each === 'string') : [];
      return { op: 'present', topic, joined: presences(fields['joined']), left: gone };
    }
    case 'signal':
      return { op: 'signal', topic, from: text(fields['from']), data: fields['data'] };
    case 'status':
      if (typeof fields['available'] !== 'boolean') return undefined;
      return { op: 'status', topic, available: fields['available'], reason: text(fields['reason']) };
    default:
      return undefined;
  }
}

/**
 * Reads one message of the server. Returns undefined for what this client does not understand: text that is not JSON,
 * a message without a needed field, or an `op` that a newer server may have added.
 */
export function decode(encoded: string): ServerMessage | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(encoded);
  } catch {
    return undefined;
  }
  if (!isFields(fields)) return undefined;
  const { id, topic } = fields;
  switch (fields['op']) {
    case 'joined':
      return decodeJoined(fields);
    case 'ack':
      if (!isSeq(id)) return undefined;
      return { op: 'ack', id, ...(isSeq(fields['seq']) ? { seq: fields['seq'] } : {}) };
    case 'pong':
      return isSeq(id) ? { op: 'pong', id } : undefined;
    case 'error':
      return { op: 'error', ...(isSeq(id) ? { id } : {}), code: text(fields['code']), message: text(fields['message']) };
    case 'reconnect':
      return { op: 'reconnect', reason: text(fields['reason']) };
    default:
      return typeof topic === 'string' ? decodeAboutTopic(fields, topic) : undefined;
  }
}
