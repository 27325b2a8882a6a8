// The requests on the current connection that have no answer yet. Each has a deadline: an answer that does not come in
// time means that the connection is broken, whatever TCP thinks of it.

export type Request =
  | { kind: 'join' | 'present' | 'leave'; topic: string }
  | { kind: 'send'; topic: string; key: string; bytes: number }
  | { kind: 'ping'; sentAt: number };

export class RequestTable {
  readonly #requests = new Map<number, Request & { deadline: number }>();

  add(id: number, request: Request, deadline: number): void {
    this.#requests.set(id, { ...request, deadline });
  }

  /** Removes and returns the request that an answer belongs to; undefined if nobody waits for it any more. */
  take(id: number): Request | undefined {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    return request;
  }

  /** Nobody waits for the answers of this topic any more. */
  forget(topic: string): void {
    for (const [id, request] of this.#requests) {
      if (request.kind !== 'ping' && request.topic === topic) this.#requests.delete(id);
    }
  }

  clear(): void {
    this.#requests.clear();
  }

  /** The request that waits longest past its deadline, if any. */
  overdue(now: number): Request | undefined {
    for (const request of this.#requests.values()) {
      if (request.deadline <= now) return request;
    }
    return undefined;
  }

  /** The send that is most likely to blame when the server found a message too large. */
  largestSend(): Extract<Request, { kind: 'send' }> | undefined {
    let largest: Extract<Request, { kind: 'send' }> | undefined;
    for (const request of this.#requests.values()) {
      if (request.kind === 'send' && request.bytes > (largest?.bytes ?? 0)) largest = request;
    }
    return largest;
  }

  deadline(): number | undefined {
    let first: number | undefined;
    for (const { deadline } of this.#requests.values()) {
      if (first === undefined || deadline < first) first = deadline;
    }
    return first;
  }
}
