// Sends over a faulty network: each stored exactly once, in order where that can be.

import { beforeEach, expect, test } from 'vitest';
import { settled, TopicScene } from './testing/topic-scene.js';

let scene: TopicScene;
beforeEach(() => {
  scene = new TopicScene();
});

test('ack resolves with the seq', async () => {
  scene.joined();
  scene.send('k1', { x: 1 });
  expect(scene.socket.last('send')).toMatchObject({ topic: 'canvas/t', key: 'k1', data: { x: 1 } });
  scene.socket.acknowledge('k1', 1);
  await settled();
  expect(scene.log).toContain('ack k1 1');
  expect(scene.topic.unacknowledged).toEqual([]);
});

test('keys differ between clients and sends', () => {
  scene.joined();
  expect(scene.client.newKey()).not.toBe(scene.client.newKey());
  const random = Math.random;
  expect(scene.world.client({ random }).newKey()).not.toBe(scene.world.client({ random }).newKey());
});

test('an unanswered send goes out again with the same key after a reconnect', async () => {
  scene.joined();
  scene.send('k1');
  scene.send('k2');
  scene.socket.acknowledge('k1', 1);
  scene.reconnect();
  expect(scene.sentKeys()).toEqual([]);
  scene.socket.join({ seq: 1, recovered: true });
  expect(scene.sentKeys()).toEqual(['k2']);
  scene.socket.acknowledge('k2', 2);
  await settled();
  expect(scene.log).toEqual(expect.arrayContaining(['ack k1 1', 'ack k2 2']));
});

test('the own event counts as the ack that got lost', async () => {
  scene.joined();
  scene.send('k1');
  scene.reconnect();
  scene.socket.join({ seq: 1, recovered: true });
  scene.socket.event(1, 'k1');
  scene.socket.acknowledge('k1', 1);
  await settled();
  expect(scene.log.filter((line) => line === 'ack k1 1')).toHaveLength(1);
});

test('what is sent offline waits', () => {
  scene.joined();
  scene.socket.drop();
  scene.send('k1');
  scene.send('k2');
  scene.world.clock.advance(200);
  scene.socket.open();
  scene.socket.join({ recovered: true });
  expect(scene.sentKeys()).toEqual(['k1', 'k2']);
});

test.each(['unavailable', 'busy', 'internal'])('%s: again with the same key, order kept', async (code) => {
  scene.joined();
  for (const key of ['k1', 'k2', 'k3']) scene.send(key);
  scene.socket.refuse('k1', code);
  scene.send('k4');
  scene.world.clock.advance(1_000);
  expect(scene.sentKeys()).toEqual(['k1', 'k2', 'k3']);
  scene.socket.refuse('k2', code);
  scene.socket.refuse('k3', code);
  scene.world.clock.advance(1_000);
  expect(scene.sentKeys()).toEqual(['k1', 'k2', 'k3', 'k1']);
  scene.socket.acknowledge('k1', 1);
  expect(scene.sentKeys()).toEqual(['k1', 'k2', 'k3', 'k1', 'k2', 'k3', 'k4']);
});

test('one at a time if the user wants strict order', () => {
  scene.joined({ inFlightMax: 1 });
  scene.send('k1');
  scene.send('k2');
  expect(scene.sentKeys()).toEqual(['k1']);
  scene.socket.acknowledge('k1', 1);
  expect(scene.sentKeys()).toEqual(['k1', 'k2']);
});

test('invalid_event fails that send alone', async () => {
  scene.joined();
  scene.send('k1');
  scene.send('k2');
  scene.socket.refuse('k1', 'invalid_event');
  scene.socket.acknowledge('k2', 1);
  await settled();
  expect(scene.log).toEqual(expect.arrayContaining(['fail k1 invalid_event', 'ack k2 1']));
});

test('not_joined: joins again and sends again', () => {
  scene.joined();
  scene.send('k1');
  scene.socket.refuse('k1', 'not_joined');
  expect(scene.socket.of('join')).toHaveLength(2);
  scene.socket.join({ recovered: true });
  expect(scene.sentKeys()).toEqual(['k1', 'k1']);
});

test('no ack in time means a broken connection', () => {
  scene.joined({ addresses: ['a:1', 'b:1'], pingIntervalMs: 100_000, pingTimeoutMs: 100_000 });
  scene.send('k1');
  scene.world.clock.advance(15_001);
  expect(scene.world.sockets[0]?.closedWith?.reason).toBe('no answer to send in time');
  scene.socket.open();
  scene.socket.join({ recovered: true });
  expect(scene.sentKeys()).toEqual(['k1']);
});

test('status false holds sends, status true lets them go at once', () => {
  scene.joined();
  scene.socket.receive({ op: 'status', topic: 'canvas/t', available: false, reason: 'owner is away' });
  expect(scene.topic.status).toMatchObject({ available: false, reason: 'owner is away' });
  scene.send('k1');
  scene.send('k2');
  expect(scene.sentKeys()).toEqual([]);
  scene.socket.receive({ op: 'status', topic: 'canvas/t', available: true, reason: '' });
  expect(scene.sentKeys()).toEqual(['k1', 'k2']);
});

test('while unavailable one send probes now and then, in case the status got lost', () => {
  scene.joined();
  scene.socket.receive({ op: 'status', topic: 'canvas/t', available: false, reason: '' });
  scene.send('k1');
  scene.send('k2');
  scene.world.clock.advance(125);
  expect(scene.sentKeys()).toEqual(['k1']);
  scene.socket.refuse('k1', 'unavailable');
  scene.world.clock.advance(250);
  expect(scene.sentKeys()).toEqual(['k1', 'k1']);
});

test('the offline queue is bounded, and says so', async () => {
  scene.joined({ queueMax: 2 });
  scene.socket.drop();
  for (const key of ['k1', 'k2', 'k3']) scene.send(key);
  await settled();
  expect(scene.log).toContain('fail k3 queue_full');
  expect(scene.topic.unacknowledged).toEqual(['k1', 'k2']);
});

test('a key in use is refused without harm to the first', async () => {
  scene.joined();
  scene.send('k1');
  scene.send('k1');
  scene.socket.acknowledge('k1', 1);
  await settled();
  expect(scene.log).toEqual(expect.arrayContaining(['fail k1 duplicate_key', 'ack k1 1']));
});

test('too large data never reaches the wire', async () => {
  scene.joined({ dataBytesMax: 10 });
  scene.send('k1', 'äöüäöü');
  await settled();
  expect(scene.log).toContain('fail k1 too_large');
  expect(scene.sentKeys()).toEqual([]);
});

test('close 1009 blames the largest send, so that it is not sent for ever', async () => {
  scene.joined();
  scene.send('k1', 'small');
  scene.send('k2', 'large'.repeat(50));
  scene.socket.drop(1009);
  await settled();
  expect(scene.log).toContain('fail k2 too_large');
  expect(scene.topic.unacknowledged).toEqual(['k1']);
});

test('leave and close reject what is unanswered', async () => {
  scene.joined();
  scene.send('k1');
  scene.topic.leave();
  expect(scene.socket.sent.at(-1)).toMatchObject({ op: 'leave', topic: 'canvas/t' });
  scene.send('k2');
  scene.topic = scene.client.join('canvas/u');
  scene.send('k3');
  scene.client.close();
  await settled();
  expect(scene.log.slice(1)).toEqual(['fail k1 left', 'fail k2 left', 'fail k3 closed']);
});

test('a listener may send; it goes out behind what is on its way', () => {
  scene.joined();
  scene.topic.on('event', (event) => {
    if (event.seq === 1) scene.send('reply');
  });
  scene.socket.event(1);
  expect(scene.sentKeys()).toEqual(['reply']);
});
