// One topic over a faulty network: resume, gaps, repeats, resets, people.

import { beforeEach, describe, expect, test } from 'vitest';
import { settled, TopicScene } from './testing/topic-scene.js';

let scene: TopicScene;
beforeEach(() => {
  scene = new TopicScene();
});

describe('joining and resuming', () => {
  test('the first join begins from the snapshot', () => {
    scene.start();
    expect(scene.socket.last('join')).toMatchObject({ topic: 'canvas/t', present: { name: 'Ada' } });
    expect(scene.socket.last('join').after).toBeUndefined();
    scene.socket.join({ seq: 7 });
    scene.socket.event(8);
    expect(scene.log).toEqual(['reset e1 7', 'event 8']);
    expect(scene.topic.status).toMatchObject({ phase: 'joined', node: 'a', available: true });
  });

  test('after a reconnect it goes on where it was', () => {
    scene.joined();
    scene.socket.event(1);
    scene.socket.event(2);
    scene.reconnect();
    expect(scene.socket.last('join').after).toEqual({ epoch: 'e1', seq: 2 });
    scene.socket.join({ seq: 4, recovered: true });
    scene.socket.event(3);
    scene.socket.event(4);
    expect(scene.log).toEqual(['reset e1 0', 'event 1', 'event 2', 'resumed 2', 'event 3', 'event 4']);
  });

  test('a stored position can be resumed', () => {
    scene.client = scene.world.client();
    scene.client.join('canvas/t', { after: { epoch: 'e1', seq: 41 } });
    scene.client.connect();
    scene.socket.open();
    expect(scene.socket.last('join').after).toEqual({ epoch: 'e1', seq: 41 });
  });

  test('what the server cannot resume begins from the snapshot', () => {
    scene.joined();
    scene.socket.event(1);
    scene.reconnect();
    scene.socket.join({ epoch: 'e2', seq: 1 });
    expect(scene.log.at(-1)).toBe('reset e2 1');
  });

  test('joined without id replaces everything', () => {
    scene.joined();
    scene.socket.event(1);
    scene.socket.receive({
      ...{ op: 'joined', topic: 'canvas/t', epoch: 'e9', seq: 3, recovered: false, snapshot: {} },
      ...{ present: [], session: 's', node: 'a' },
    });
    scene.socket.event(4);
    expect(scene.log).toEqual(['reset e1 0', 'event 1', 'reset e9 3', 'event 4']);
  });

  test('recovered in another epoch makes no sense: the topic starts over', () => {
    scene.joined();
    scene.reconnect();
    scene.socket.join({ epoch: 'e2', recovered: true });
    expect(scene.socket.of('join')).toHaveLength(2);
    expect(scene.socket.last('join').after).toBeUndefined();
  });

  test('a join that fails for a passing reason is tried again', () => {
    scene.start();
    const { id } = scene.socket.last('join');
    scene.socket.receive({ op: 'error', id, code: 'unavailable', message: 'owner is away' });
    expect(scene.topic.status).toMatchObject({ phase: 'pausing', available: false, reason: 'owner is away' });
    scene.world.clock.advance(125);
    scene.socket.join();
    expect(scene.topic.status).toMatchObject({ phase: 'joined', available: true });
  });

  test('a join that can never work fails the topic and its sends', async () => {
    scene.start();
    scene.send('k1');
    const { id } = scene.socket.last('join');
    scene.socket.receive({ op: 'error', id, code: 'unknown_topic', message: '' });
    scene.send('k2');
    await settled();
    expect(scene.log).toEqual(['fail k1 unknown_topic', 'fail k2 unknown_topic']);
    expect(scene.topic.status.phase).toBe('failed');
    scene.reconnect();
    expect(scene.socket.of('join')).toHaveLength(0);
  });

  test('already_joined: leave first, then join again', () => {
    scene.start();
    scene.socket.receive({ op: 'error', id: scene.socket.last('join').id, code: 'already_joined', message: '' });
    scene.world.clock.advance(125);
    expect(scene.socket.sent.slice(-2).map((message) => message.op)).toEqual(['leave', 'join']);
  });

  test('a join without an answer means a broken connection', () => {
    scene.start({ addresses: ['a:1', 'b:1'], pingIntervalMs: 100_000, pingTimeoutMs: 100_000 });
    scene.world.clock.advance(15_001);
    expect(scene.world.hosts).toEqual(['a:1', 'b:1']);
  });

  test('whenJoined waits, but not for ever', async () => {
    scene.start();
    const late = scene.topic.whenJoined(100);
    scene.world.clock.advance(100);
    await expect(late).rejects.toMatchObject({ code: 'timeout' });
    const good = scene.topic.whenJoined(100);
    scene.socket.join();
    await expect(good).resolves.toBeUndefined();
  });
});

describe('the sequence', () => {
  test('repeats are ignored', () => {
    scene.joined();
    for (const seq of [1, 1, 2, 1, 2, 3]) scene.socket.event(seq);
    expect(scene.log).toEqual(['reset e1 0', 'event 1', 'event 2', 'event 3']);
  });

  test('a gap makes the client leave and join again after what it has', () => {
    scene.joined();
    scene.socket.event(1);
    scene.socket.event(3);
    scene.socket.event(4);
    expect(scene.socket.sent.slice(-2)).toMatchObject([{ op: 'leave' }, { op: 'join', after: { epoch: 'e1', seq: 1 } }]);
    scene.socket.join({ seq: 4, recovered: true });
    for (const seq of [2, 3, 4]) scene.socket.event(seq);
    expect(scene.log).toEqual(['reset e1 0', 'event 1', 'resumed 1', 'event 2', 'event 3', 'event 4']);
  });

  test('a gap that stays is asked about more and more rarely', () => {
    scene.joined();
    scene.socket.event(2);
    for (let round = 0; round < 4; round += 1) {
      if (scene.topic.status.phase === 'joining') scene.socket.join({ recovered: true });
      scene.socket.event(5);
      scene.world.clock.advance(250 * 2 ** round);
    }
    expect(scene.socket.of('join')).toHaveLength(6);
    scene.world.clock.advance(1_000);
    expect(scene.socket.of('join')).toHaveLength(6);
    expect(scene.log.filter((line) => line.startsWith('event'))).toEqual([]);
  });

  test('sends on their way at a gap go out again after the join', () => {
    scene.joined();
    scene.send('k1');
    const lost = scene.socket.last('send').id;
    scene.socket.event(2);
    scene.socket.join({ recovered: true });
    expect(scene.sentKeys()).toEqual(['k1', 'k1']);
    expect(scene.socket.last('send').id).not.toBe(lost);
  });
});

describe('people and signals', () => {
  const person = (session: string, name: string) => ({ session, present: { name } });

  test('the list follows who comes and goes', () => {
    scene.start();
    scene.socket.join({ present: [person('s1', 'Ada'), person('s2', 'Bo')] });
    scene.socket.receive({ op: 'present', topic: 'canvas/t', joined: [person('s3', 'Cy'), person('s1', 'Ada!')], left: ['s2'] });
    expect(scene.topic.people).toEqual([
      { ...person('s1', 'Ada!'), self: false },
      { ...person('session-ws://a:1/api/v1/socket', 'Ada'), self: true },
      { ...person('s3', 'Cy'), self: false },
    ]);
  });

  test('the own former session is not shown as another person', () => {
    scene.joined({ addresses: ['a:1', 'b:1'] });
    const former = scene.topic.status.session;
    scene.reconnect();
    const now = `session-${scene.socket.url}`;
    scene.socket.join({ recovered: true, present: [person(former, 'Ada'), person(now, 'Ada')] });
    expect(scene.topic.people).toEqual([{ ...person(now, 'Ada'), self: true }]);
  });

  test('a changed presence is sent, and again after a passing failure', () => {
    scene.joined();
    scene.topic.setPresent({ name: 'Eve' });
    expect(scene.topic.people).toMatchObject([{ present: { name: 'Eve' }, self: true }]);
    scene.socket.receive({ op: 'error', id: scene.socket.last('present').id, code: 'busy', message: '' });
    scene.world.clock.advance(125);
    expect(scene.socket.of('present')).toHaveLength(2);
    scene.reconnect();
    expect(scene.socket.last('join').present).toEqual({ name: 'Eve' });
  });

  test('signals go out only when somebody can be reached, and not into a full socket', () => {
    scene.start();
    expect(scene.topic.signal({ x: 1 })).toBe(false);
    scene.socket.join();
    expect(scene.topic.signal({ x: 1 })).toBe(true);
    scene.socket.bufferedAmount = 100_000;
    expect(scene.topic.signal({ x: 2 })).toBe(false);
    expect(scene.socket.of('signal')).toHaveLength(1);
  });

  test('signals of others arrive', () => {
    scene.joined();
    const got: unknown[] = [];
    scene.topic.on('signal', (signal) => got.push(signal));
    scene.socket.receive({ op: 'signal', topic: 'canvas/t', from: 's2', data: { x: 1 } });
    expect(got).toEqual([{ from: 's2', data: { x: 1 } }]);
  });
});

test('nonsense from the server is passed over', () => {
  scene.joined();
  scene.socket.receiveText('{');
  scene.socket.receiveText(new ArrayBuffer(2));
  scene.socket.receive({ op: 'ack', id: 99_999 });
  scene.socket.receive({ op: 'event', topic: 'canvas/unknown', seq: 1, key: '', from: '', data: 1 });
  scene.socket.event(1);
  expect(scene.log).toEqual(['reset e1 0', 'event 1']);
});
