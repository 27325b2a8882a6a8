// Asks the node that served this page what it does.

import type { LanesAnswer, MembersAnswer, NodeAnswer, PlacementAnswer, TreeAnswer } from '../model/answers.js';

/** How an answer failed, as far as the page cares. */
export type Failure = 'no-token' | 'wrong-token' | 'too-many' | 'closed' | 'away';

export class AdminError extends Error {
  constructor(readonly failure: Failure, message: string) {
    super(message);
  }
}

const FAILURES: Record<number, Failure> = { 404: 'closed', 429: 'too-many' };
const PATIENCE_MS = 5_000;

export class AdminApi {
  constructor(private readonly token: string | undefined) {}

  lanes(): Promise<LanesAnswer> {
    return this.#get('lanes');
  }

  node(): Promise<NodeAnswer> {
    return this.#get('node');
  }

  members(): Promise<MembersAnswer> {
    return this.#get('members');
  }

  /** Who owns documents, and a topic among them; undefined if the node has none. */
  async placement(topic: string): Promise<PlacementAnswer | undefined> {
    return this.#get<PlacementAnswer>(topic === '' ? 'placement' : `placement?topic=${encodeURIComponent(topic)}`).catch(() => undefined);
  }

  /** How the broadcasts of a node travel; undefined if it is no member any more. */
  async tree(root: string): Promise<TreeAnswer | undefined> {
    return this.#get<TreeAnswer>(`trees?root=${encodeURIComponent(root)}`).catch(() => undefined);
  }

  async #get<Answer>(resource: string): Promise<Answer> {
    const headers: HeadersInit = this.token === undefined ? {} : { authorization: `Bearer ${this.token}` };
    const answer = await fetch(`/admin/api/${resource}`, { headers, cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => undefined);
    if (answer === undefined) throw new AdminError('away', 'The node does not answer.');
    if (answer.ok) return (await answer.json()) as Answer;
    if (answer.status === 401) throw new AdminError(this.token === undefined ? 'no-token' : 'wrong-token', 'This is not the token of the node.');
    throw new AdminError(FAILURES[answer.status] ?? 'away', `The node answered with status ${answer.status}.`);
  }
}
