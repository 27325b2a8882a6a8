// All events of a document from its first on, page by page, from the node that serves this browser.

const EVENTS_A_PAGE = 1_000;
const PAGE_TIMEOUT_MS = 15_000;

export interface PastPage {
  events: readonly unknown[];
  /** How far it is, of how much. */
  seq: number;
  lastSeq: number;
}

/** Calls `onPage` for each page up to the last one; rejects if a page does not come, or if `signal` says so. */
export async function readPast(address: string, topic: string, onPage: (page: PastPage) => void, signal: AbortSignal): Promise<void> {
  const base = address.replace(/^ws/, 'http');
  for (let after = 0, more = true; more; ) {
    const url = `${base}/api/v1/documents/${topic}/events?after=${after}&limit=${EVENTS_A_PAGE}`;
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(PAGE_TIMEOUT_MS)]) });
    if (!response.ok) throw new Error(`the node answered ${response.status}`);
    const answer = (await response.json()) as { seq: number; events: { seq: number; data: unknown }[]; more: boolean };
    const first = answer.events[0];
    if (first !== undefined && first.seq !== after + 1) throw new Error('the beginning is no longer kept');
    after = answer.events.at(-1)?.seq ?? after;
    more = answer.more && answer.events.length > 0;
    onPage({ events: answer.events.map(({ data }) => data), seq: after, lastSeq: answer.seq });
  }
}
