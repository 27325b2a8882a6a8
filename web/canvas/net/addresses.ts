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

/** What a node says of its cluster. */
export interface ClusterView {
  /** Of all nodes, as this browser can reach them. */
  addresses: string[];
  /** The nodes that are up, and how many belong to the cluster. */
  up: string[];
  total: number;
}

/** Reads the answer of the cluster request. */
export function readCluster(answer: unknown, page: PageLocation): ClusterView {
  const all = (answer as { members?: unknown } | null)?.members;
  const members = Array.isArray(all) ? all.filter((each): each is Record<string, unknown> => typeof each === 'object' && each !== null) : [];
  return {
    addresses: members.flatMap(({ http }) => (typeof http === 'string' ? usable(http, page) : [])),
    up: members.flatMap(({ name, state }) => (typeof name === 'string' && state === 'up' ? [name] : [])),
    total: members.filter(({ state }) => state !== 'left').length,
  };
}

/** Asks a node, given by the address of its socket; an error or no answer in time is no news. */
export async function fetchCluster(address: string, page: PageLocation): Promise<ClusterView | undefined> {
  try {
    const url = new URL(CLUSTER_PATH, address.replace(/^ws/, 'http'));
    const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
    return response.ok ? readCluster(await response.json(), page) : undefined;
  } catch {
    return undefined;
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
