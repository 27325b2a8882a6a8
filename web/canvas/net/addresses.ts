// Which nodes this page may use: the one that served it, those named in the query, and those the cluster knows.

const CLUSTER_PATH = '/api/v1/cluster';
const FETCH_TIMEOUT_MS = 3_000;

export interface PageLocation {
  protocol: string;
  host: string;
  hostname: string;
  search: string;
}

/** Own origin first, then `?nodes=host:port,host:port`. */
export function pageAddresses(page: PageLocation): string[] {
  const named = new URLSearchParams(page.search).get('nodes') ?? '';
  const others = named.split(',').map((each) => each.trim());
  return [page.host, ...others.filter((each) => each !== '')].flatMap((each) => usable(each, page));
}

/** The addresses in the answer of the cluster request, as this browser can reach them. */
export function memberAddresses(answer: unknown, page: PageLocation): string[] {
  const members = (answer as { members?: unknown } | null)?.members;
  if (!Array.isArray(members)) return [];
  return members.flatMap((member: { http?: unknown } | null) =>
    typeof member?.http === 'string' ? usable(member.http, page) : [],
  );
}

/** Asks the node that served the page; an error or no answer in time is no news. */
export async function fetchMemberAddresses(page: PageLocation): Promise<string[]> {
  try {
    const response = await fetch(CLUSTER_PATH, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
    return response.ok ? memberAddresses(await response.json(), page) : [];
  } catch {
    return [];
  }
}

/**
 * A node may call itself by an address that means something only on its own machine (any, or loopback). Then it is
 * reached where this page came from, at its own port.
 */
function usable(address: string, page: PageLocation): string[] {
  const match = /^(?:(?:https?|wss?):\/\/)?(\[[^\]\s]*\]|[^/:\s]*)(?::(\d+))?\/?$/.exec(address);
  if (!match) return [];
  const [, host = '', port] = match;
  const isLocal = ['', '0.0.0.0', '[::]', '127.0.0.1', '[::1]', 'localhost'].includes(host);
  const reachable = isLocal ? page.hostname : host;
  if (reachable === '') return [];
  const scheme = page.protocol === 'https:' ? 'wss' : 'ws';
  return [`${scheme}://${reachable}${port === undefined ? '' : `:${port}`}`];
}
