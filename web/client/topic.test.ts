// One topic over a faulty network: resume, gaps, repeats, resets, and sends that arrive exactly once.

import { beforeEach, describe, expect, test } from 'vitest';
import { FakeWorld } from './testing/fake-world.js';
import type { Client } from './client.js';
import type { ClientOptions } from './client.js';
import type { Topic } from './topic.js';

let world: FakeWorld;
let client: Client;
let topic: Topic;
let log: string[];

beforeEach(() => {
  world = new FakeWorld();
  log = [];
});

function start(options: Partial<ClientOptions> = {}): void {
  client = world.client(options);
  topic = client.join('canvas/t', { present: { name: 'Ada' } });
  topic.on('reset', ({ position }) => log.push(`reset ${position.epoch} ${position.seq}`));
  topic.on('resumed', (position) => log.push(`resumed ${position.seq}`));
  topic.on('event', (event) => log.push(`event ${event.seq}`));
  client.connect();
  world.socket.open();
}

function joined(options: Partial<ClientOptions> = {}): void {
  start(options);
  world.socket.join();
}

/** Loses the connection and opens the next. */
function reconnect(): void {
  world.socket.drop();
  world.clock.advance(200);
  world.socket.open();
}

/** Sends, and writes the outcome into the log. */
function send(key: string, data: unknown = {}): void {
  topic.send(data, key).then(
    ({ seq }) => log.push(`ack ${key} ${seq}`),
    (error) => log.push(`fail ${key} ${error.code}`),
  );
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
const sentKeys = () => world.socket.of('send').map((message) => message.key);

describe('joining and resuming', () => {
  test('the first join begins from the snapshot', () => {
    start();
    expect(world.socket.last('join')).toMatchObject({ topic: 'canvas/t', present: { name: 'Ada' } });
    expect(world.socket.last('join').after).toBeUndefined();
    world.socket.join({ seq: 7 });
    world.socket.event(8);
    expect(log).toEqual(['reset e1 7', 'event 8']);
    expect(topic.status).toMatchObject({ phase: 'joined', node: 'a', available: true });
  });

  test('after a reconnect it goes on where it was', () => {
    joined();
    world.socket.event(1);
    world.socket.event(2);
    reconnect();
    expect(world.socket.last('join').after).toEqual({ epoch: 'e1', seq: 2 });
    world.socket.join({ seq: 4, recovered: true });
    world.socket.event(3);
    world.socket.event(4);
    expect(log).toEqual(['reset e1 0', 'event 1', 'event 2', 'resumed 2', 'event 3', 'event 4']);
  });

  test('a stored position can be resumed', () => {
    client = world.client();
    client.join('canvas/t', { after: { epoch: 'e1', seq: 41 } });
    client.connect();
    world.socket.open();
    expect(world.socket.last('join').after).toEqual({ epoch: 'e1', seq: 41 });
  });

  test('what the server cannot resume begins from the snapshot', () => {
    joined();
    world.socket.event(1);
    reconnect();
    world.socket.join({ epoch: 'e2', seq: 1 });
    expect(log.at(-1)).toBe('reset e2 1');
  });

  test('joined without id replaces everything', () => {
    joined();
    world.socket.event(1);
    world.socket.receive({
      ...{ op: 'joined', topic: 'canvas/t', epoch: 'e9', seq: 3, recovered: false, snapshot: {} },
      ...{ present: [], session: 's', node: 'a' },
    });
    world.socket.event(4);
    expect(log).toEqual(['reset e1 0', 'event 1', 'reset e9 3', 'event 4']);
  });

  test('recovered in another epoch makes no sense: the topic starts over', () => {
    joined();
    reconnect();
    world.socket.join({ epoch: 'e2', recovered: true });
    expect(world.socket.of('join')).toHaveLength(2);
    expect(world.socket.last('join').after).toBeUndefined();
  });

  test('a join that fails for a passing reason is tried again', () => {
    start();
    const { id } = world.socket.last('join');
    world.socket.receive({ op: 'error', id, code: 'unavailable', message: 'owner is away' });
    expect(topic.status).toMatchObject({ phase: 'pausing', available: false, reason: 'owner is away' });
    world.clock.advance(125);
    world.socket.join();
    expect(topic.status).toMatchObject({ phase: 'joined', available: true });
  });

  test('a join that can never work fails the topic and its sends', async () => {
    start();
    send('k1');
    const { id } = world.socket.last('join');
    world.socket.receive({ op: 'error', id, code: 'unknown_topic', message: '' });
    send('k2');
    await settled();
    expect(log).toEqual(['fail k1 unknown_topic', 'fail k2 unknown_topic']);
    expect(topic.status.phase).toBe('failed');
    reconnect();
    expect(world.socket.of('join')).toHaveLength(0);
  });

  test('already_joined: leave first, then join again', () => {
    start();
    world.socket.receive({ op: 'error', id: world.socket.last('join').id, code: 'already_joined', message: '' });
    world.clock.advance(125);
    expect(world.socket.sent.slice(-2).map((message) => message.op)).toEqual(['leave', 'join']);
  });

  test('a join without an answer means a broken connection', () => {
    start({ addresses: ['a:1', 'b:1'], pingIntervalMs: 100_000, pingTimeoutMs: 100_000 });
    world.clock.advance(15_001);
    expect(world.hosts).toEqual(['a:1', 'b:1']);
  });

  test('whenJoined waits, but not for ever', async () => {
    start();
    const late = topic.whenJoined(100);
    world.clock.advance(100);
    await expect(late).rejects.toMatchObject({ code: 'timeout' });
    const good = topic.whenJoined(100);
    world.socket.join();
    await expect(good).resolves.toBeUndefined();
  });
});

describe('the sequence', () => {
  test('repeats are ignored', () => {
    joined();
    for (const seq of [1, 1, 2, 1, 2, 3]) world.socket.event(seq);
    expect(log).toEqual(['reset e1 0', 'event 1', 'event 2', 'event 3']);
  });

  test('a gap makes the client leave and join again after what it has', () => {
    joined();
    world.socket.event(1);
    world.socket.event(3);
    world.socket.event(4);
    expect(world.socket.sent.slice(-2)).toMatchObject([{ op: 'leave' }, { op: 'join', after: { epoch: 'e1', seq: 1 } }]);
    world.socket.join({ seq: 4, recovered: true });
    for (const seq of [2, 3, 4]) world.socket.event(seq);
    expect(log).toEqual(['reset e1 0', 'event 1', 'resumed 1', 'event 2', 'event 3', 'event 4']);
  });

  test('a gap that stays is asked about more and more rarely', () => {
    joined();
    world.socket.event(2);
    for (let round = 0; round < 4; round += 1) {
      if (topic.status.phase === 'joining') world.socket.join({ recovered: true });
      world.socket.event(5);
      world.clock.advance(250 * 2 ** round);
    }
    expect(world.socket.of('join')).toHaveLength(6);
    world.clock.advance(1_000);
    expect(world.socket.of('join')).toHaveLength(6);
    expect(log.filter((line) => line.startsWith('event'))).toEqual([]);
  });

  test('sends on their way at a gap go out again after the join', () => {
    joined();
    send('k1');
    const lost = world.socket.last('send').id;
    world.socket.event(2);
    world.socket.join({ recovered: true });
    expect(sentKeys()).toEqual(['k1', 'k1']);
    expect(world.socket.last('send').id).not.toBe(lost);
  });
});

describe('sending', () => {
  test('ack resolves with the seq', async () => {
    joined();
    send('k1', { x: 1 });
    expect(world.socket.last('send')).toMatchObject({ topic: 'canvas/t', key: 'k1', data: { x: 1 } });
    world.socket.acknowledge('k1', 1);
    await settled();
    expect(log).toContain('ack k1 1');
    expect(topic.unacknowledged).toEqual([]);
  });

  test('keys differ between clients and sends', () => {
    joined();
    expect(client.newKey()).not.toBe(client.newKey());
    expect(new FakeWorld().client().newKey()).not.toBe(new FakeWorld().client().newKey());
  });

  test('an unanswered send goes out again with the same key after a reconnect', async () => {
    joined();
    send('k1');
    send('k2');
    world.socket.acknowledge('k1', 1);
    reconnect();
    expect(sentKeys()).toEqual([]);
    world.socket.join({ seq: 1, recovered: true });
    expect(sentKeys()).toEqual(['k2']);
    world.socket.acknowledge('k2', 2);
    await settled();
    expect(log).toEqual(expect.arrayContaining(['ack k1 1', 'ack k2 2']));
  });

  test('the own event counts as the ack that got lost', async () => {
    joined();
    send('k1');
    reconnect();
    world.socket.join({ seq: 1, recovered: true });
    world.socket.event(1, 'k1');
    world.socket.acknowledge('k1', 1);
    await settled();
    expect(log.filter((line) => line === 'ack k1 1')).toHaveLength(1);
  });

  test('what is sent offline waits', () => {
    joined();
    world.socket.drop();
    send('k1');
    send('k2');
    world.clock.advance(200);
    world.socket.open();
    world.socket.join({ recovered: true });
    expect(sentKeys()).toEqual(['k1', 'k2']);
  });

  test.each(['unavailable', 'busy', 'internal'])('%s: again with the same key, order kept', async (code) => {
    joined();
    for (const key of ['k1', 'k2', 'k3']) send(key);
    world.socket.refuse('k1', code);
    send('k4');
    world.clock.advance(1_000);
    expect(sentKeys()).toEqual(['k1', 'k2', 'k3']);
    world.socket.refuse('k2', code);
    world.socket.refuse('k3', code);
    world.clock.advance(1_000);
    expect(sentKeys()).toEqual(['k1', 'k2', 'k3', 'k1']);
    world.socket.acknowledge('k1', 1);
    expect(sentKeys()).toEqual(['k1', 'k2', 'k3', 'k1', 'k2', 'k3', 'k4']);
  });

  test('one at a time if the user wants strict order', () => {
    joined({ inFlightMax: 1 });
    send('k1');
    send('k2');
    expect(sentKeys()).toEqual(['k1']);
    world.socket.acknowledge('k1', 1);
    expect(sentKeys()).toEqual(['k1', 'k2']);
  });

  test('invalid_event fails that send alone', async () => {
    joined();
    send('k1');
    send('k2');
    world.socket.refuse('k1', 'invalid_event');
    world.socket.acknowledge('k2', 1);
    await settled();
    expect(log).toEqual(expect.arrayContaining(['fail k1 invalid_event', 'ack k2 1']));
  });

  test('not_joined: joins again and sends again', () => {
    joined();
    send('k1');
    world.socket.refuse('k1', 'not_joined');
    expect(world.socket.of('join')).toHaveLength(2);
    world.socket.join({ recovered: true });
    expect(sentKeys()).toEqual(['k1', 'k1']);
  });

  test('no ack in time means a broken connection', () => {
    joined({ addresses: ['a:1', 'b:1'], pingIntervalMs: 100_000, pingTimeoutMs: 100_000 });
    send('k1');
    world.clock.advance(15_001);
    expect(world.sockets[0]?.closedWith?.reason).toBe('no answer to send in time');
    world.socket.open();
    world.socket.join({ recovered: true });
    expect(sentKeys()).toEqual(['k1']);
  });

  test('status false holds sends, status true lets them go at once', () => {
    joined();
    world.socket.receive({ op: 'status', topic: 'canvas/t', available: false, reason: 'owner is away' });
    expect(topic.status).toMatchObject({ available: false, reason: 'owner is away' });
    send('k1');
    send('k2');
    expect(sentKeys()).toEqual([]);
    world.socket.receive({ op: 'status', topic: 'canvas/t', available: true, reason: '' });
    expect(sentKeys()).toEqual(['k1', 'k2']);
  });

  test('while unavailable one send probes now and then, in case the status got lost', () => {
    joined();
    world.socket.receive({ op: 'status', topic: 'canvas/t', available: false, reason: '' });
    send('k1');
    send('k2');
    world.clock.advance(125);
    expect(sentKeys()).toEqual(['k1']);
    world.socket.refuse('k1', 'unavailable');
    world.clock.advance(250);
    expect(sentKeys()).toEqual(['k1', 'k1']);
  });

  test('the offline queue is bounded, and says so', async () => {
    joined({ queueMax: 2 });
    world.socket.drop();
    for (const key of ['k1', 'k2', 'k3']) send(key);
    await settled();
    expect(log).toContain('fail k3 queue_full');
    expect(topic.unacknowledged).toEqual(['k1', 'k2']);
  });

  test('a key in use is refused without harm to the first', async () => {
    joined();
    send('k1');
    send('k1');
    world.socket.acknowledge('k1', 1);
    await settled();
    expect(log).toEqual(expect.arrayContaining(['fail k1 duplicate_key', 'ack k1 1']));
  });

  test('too large data never reaches the wire', async () => {
    joined({ dataBytesMax: 10 });
    send('k1', 'äöüäöü');
    await settled();
    expect(log).toContain('fail k1 too_large');
    expect(sentKeys()).toEqual([]);
  });

  test('close 1009 blames the largest send, so that it is not sent for ever', async () => {
    joined();
    send('k1', 'small');
    send('k2', 'large'.repeat(50));
    world.socket.drop(1009);
    await settled();
    expect(log).toContain('fail k2 too_large');
    expect(topic.unacknowledged).toEqual(['k1']);
  });

  test('leave and close reject what is unanswered', async () => {
    joined();
    send('k1');
    topic.leave();
    expect(world.socket.sent.at(-1)).toMatchObject({ op: 'leave', topic: 'canvas/t' });
    send('k2');
    topic = client.join('canvas/u');
    send('k3');
    client.close();
    await settled();
    expect(log.slice(1)).toEqual(['fail k1 left', 'fail k2 left', 'fail k3 closed']);
  });

  test('a listener may send; it goes out behind what is on its way', () => {
    joined();
    topic.on('event', (event) => {
      if (event.seq === 1) send('reply');
    });
    world.socket.event(1);
    expect(sentKeys()).toEqual(['reply']);
  });
});

describe('people and signals', () => {
  const person = (session: string, name: string) => ({ session, present: { name } });

  test('the list follows who comes and goes', () => {
    start();
    world.socket.join({ present: [person('s1', 'Ada'), person('s2', 'Bo')] });
    world.socket.receive({ op: 'present', topic: 'canvas/t', joined: [person('s3', 'Cy'), person('s1', 'Ada!')], left: ['s2'] });
    expect(topic.people).toEqual([
      { ...person('s1', 'Ada!'), self: false },
      { ...person('session-ws://a:1/api/v1/socket', 'Ada'), self: true },
      { ...person('s3', 'Cy'), self: false },
    ]);
  });

  test('the own former session is not shown as another person', () => {
    joined({ addresses: ['a:1', 'b:1'] });
    const former = topic.status.session;
    reconnect();
    const now = `session-${world.socket.url}`;
    world.socket.join({ recovered: true, present: [person(former, 'Ada'), person(now, 'Ada')] });
    expect(topic.people).toEqual([{ ...person(now, 'Ada'), self: true }]);
  });

  test('a changed presence is sent, and again after a passing failure', () => {
    joined();
    topic.setPresent({ name: 'Eve' });
    expect(topic.people).toMatchObject([{ present: { name: 'Eve' }, self: true }]);
    world.socket.receive({ op: 'error', id: world.socket.last('present').id, code: 'busy', message: '' });
    world.clock.advance(125);
    expect(world.socket.of('present')).toHaveLength(2);
    reconnect();
    expect(world.socket.last('join').present).toEqual({ name: 'Eve' });
  });

  test('signals go out only when somebody can be reached, and not into a full socket', () => {
    start();
    expect(topic.signal({ x: 1 })).toBe(false);
    world.socket.join();
    expect(topic.signal({ x: 1 })).toBe(true);
    world.socket.bufferedAmount = 100_000;
    expect(topic.signal({ x: 2 })).toBe(false);
    expect(world.socket.of('signal')).toHaveLength(1);
  });

  test('signals of others arrive', () => {
    joined();
    const got: unknown[] = [];
    topic.on('signal', (signal) => got.push(signal));
    world.socket.receive({ op: 'signal', topic: 'canvas/t', from: 's2', data: { x: 1 } });
    expect(got).toEqual([{ from: 's2', data: { x: 1 } }]);
  });
});

test('nonsense from the server is passed over', () => {
  joined();
  world.socket.receiveText('{');
  world.socket.receiveText(new ArrayBuffer(2));
  world.socket.receive({ op: 'ack', id: 99_999 });
  world.socket.receive({ op: 'event', topic: 'canvas/unknown', seq: 1, key: '', from: '', data: 1 });
  world.socket.event(1);
  expect(log).toEqual(['reset e1 0', 'event 1']);
});
