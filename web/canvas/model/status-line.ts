// What the page says about its connection, in the words of somebody who draws. Pure.

export interface Health {
  /** The connection to a node. */
  isOpen: boolean;
  /** The canvas has been joined on this connection. */
  isJoined: boolean;
  /** It has been joined at least once since the page was opened. */
  wasJoined: boolean;
  available: boolean;
  /** Own events that have not come back. */
  pending: number;
  /** How long the oldest of them has been waiting. */
  pendingMs: number;
  /** Whether this browser may only look. */
  isReadOnly: boolean;
  /** Why this canvas can never be joined; empty if it can. */
  failure: string;
}

export interface StatusLine {
  tone: 'good' | 'busy' | 'wait' | 'bad';
  text: string;
  /** Said in a banner, as it does not fit into a header. */
  detail: string;
}

/** Most strokes are saved sooner than this; saying so each time would only flicker. */
const SAVING_AFTER_MS = 350;

export function statusLine(health: Health): StatusLine {
  const { pending } = health;
  if (health.failure !== '') {
    return { tone: 'bad', text: 'cannot open', detail: `This canvas cannot be opened: ${health.failure}` };
  }
  const waiting = pending === 0 ? '' : `${pending} ${pending === 1 ? 'change' : 'changes'} waiting`;
  if (!health.isOpen || !health.isJoined) {
    if (!health.wasJoined && pending === 0) return { tone: 'busy', text: 'connecting…', detail: '' };
    const detail = waiting === '' ? 'Offline. You can go on drawing.' : `Offline, ${waiting}. You can go on drawing.`;
    return { tone: 'wait', text: 'offline', detail: health.isReadOnly ? 'Offline. This is how the canvas was.' : detail };
  }
  if (!health.available) {
    const detail = 'Waiting for the server that keeps this canvas. Draw on: your strokes are kept and will be sent.';
    return { tone: 'wait', text: 'waiting', detail: health.isReadOnly ? 'Waiting for the server that keeps this canvas.' : detail };
  }
  if (health.isReadOnly) return { tone: 'good', text: 'view only', detail: '' };
  if (pending > 0 && health.pendingMs >= SAVING_AFTER_MS) return { tone: 'busy', text: 'saving…', detail: '' };
  return { tone: 'good', text: 'saved', detail: '' };
}

/** Which node serves this browser, and how its cluster is. */
export function nodeLine(node: string, { up, total }: { up: readonly string[]; total: number }): string {
  if (node === '') return '';
  if (total <= 1) return `node ${node}`;
  return up.length === total ? `node ${node} of ${total}` : `node ${node}, ${up.length} of ${total} up`;
}
