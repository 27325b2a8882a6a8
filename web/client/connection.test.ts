// Which node, when: reconnecting and failing over, seen through the whole client.

import { beforeEach, describe, expect, test } from 'vitest';
import { FakeWorld } from './testing/fake-world.js';
import type { Client } from './client.js';

let world: FakeWorld;
beforeEach(() => {
  world = new FakeWorld();
});

function connected(addresses: string[]): Client {
  const client = world.client({ addresses });
  client.connect();
  world.socket.open();
  return client;
}

test('the socket is opened with the protocol of the server', () => {
  connected(['a:1']);
  expect(world.socket.url).toBe('ws://a:1/api/v1/socket');
  expect(world.socket.protocols).toBe('troupe.v1.json');
});

test('a lost connection is opened again almost at once, then after growing pauses', () => {
  connected(['a:1']);
  const pauses: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    const before = world.sockets.length;
    world.socket.drop();
    let waited = 0;
    while (world.sockets.length === before) {
      world.clock.advance(1);
      waited += 1;
    }
    pauses.push(waited);
  }
  expect(pauses).toEqual([1, 125, 250, 500, 1000, 2000, 2500]);
});

test('half of a pause is random', () => {
  connected(['a:1']);
  world.socket.drop();
  world.clock.advance(1);
  world.random = 0.999;
  world.socket.drop();
  world.clock.advance(249);
  expect(world.sockets).toHaveLength(2);
  world.clock.advance(1);
  expect(world.sockets).toHaveLength(3);
});

test('a connection that lived long enough starts from short pauses again', () => {
  connected(['a:1']);
  for (let round = 0; round < 5; round += 1) {
    world.socket.drop();
    world.clock.advance(5_000);
  }
  world.socket.open();
  world.clock.advance(4_999);
  world.socket.receive({ op: 'pong', id: world.socket.last('ping').id });
  world.clock.advance(1);
  const before = world.sockets.length;
  world.socket.drop();
  world.clock.advance(1);
  expect(world.sockets).toHaveLength(before + 1);
});

test('the other addresses are tried before any pause', () => {
  connected(['a:1', 'b:1', 'c:1']);
  world.socket.drop();
  world.clock.advance(1);
  world.socket.drop();
  world.clock.advance(1);
  expect(world.hosts).toEqual(['a:1', 'b:1', 'c:1']);
  world.socket.drop();
  world.clock.advance(1);
  expect(world.hosts).toEqual(['a:1', 'b:1', 'c:1', 'a:1']);
  world.socket.drop();
  world.clock.advance(100);
  expect(world.hosts).toHaveLength(4);
  world.clock.advance(25);
  expect(world.hosts).toEqual(['a:1', 'b:1', 'c:1', 'a:1', 'b:1']);
});

test('a connection that does not open in time is given up', () => {
  const client = world.client({ addresses: ['a:1', 'b:1'] });
  client.connect();
  const first = world.socket;
  world.clock.advance(5_001);
  expect(first.closedWith?.reason).toBe('connect timeout');
  expect(world.hosts).toEqual(['a:1', 'b:1']);
  first.open();
  expect(client.status.phase).toBe('connecting');
});

test('an address that the browser refuses is a failed try, not the end', () => {
  let calls = 0;
  class Refusing {
    constructor() {
      calls += 1;
      throw new Error('mixed content');
    }
  }
  const client = world.client({ webSocket: Refusing as never });
  client.connect();
  expect(client.status).toMatchObject({ phase: 'waiting', reason: 'mixed content' });
  world.clock.advance(2_000);
  expect(calls).toBeGreaterThan(2);
});

describe('a node that stops', () => {
  test('reconnect: the next node is tried at once, and the late close means nothing', () => {
    const client = connected(['a:1', 'b:1']);
    const first = world.socket;
    first.receive({ op: 'reconnect', reason: 'draining' });
    expect(world.hosts).toEqual(['a:1', 'b:1']);
    world.socket.open();
    first.drop(1012);
    expect(client.status).toMatchObject({ phase: 'open', address: 'b:1' });
    expect(first.closedWith?.code).toBe(1000);
  });

  test('a close with 1012 alone does the same', () => {
    connected(['a:1', 'b:1']);
    world.socket.drop(1012, 'draining');
    expect(world.hosts).toEqual(['a:1', 'b:1']);
  });

  test('nodes that all stop do not send a client in circles', () => {
    connected(['a:1', 'b:1']);
    for (let turn = 0; turn < 10; turn += 1) {
      world.socket.open();
      world.socket.receive({ op: 'reconnect', reason: 'draining' });
    }
    expect(world.hosts).toHaveLength(3);
  });

  test('with one address it is tried again after a pause', () => {
    connected(['a:1']);
    world.socket.receive({ op: 'reconnect', reason: 'draining' });
    expect(world.sockets).toHaveLength(1);
    world.clock.advance(1);
    expect(world.sockets).toHaveLength(2);
  });
});

describe('ping', () => {
  test('latency is the round trip', () => {
    const client = world.client();
    const latencies: number[] = [];
    client.on('latency', (latencyMs) => latencies.push(latencyMs));
    client.connect();
    world.socket.open();
    world.clock.advance(12);
    world.socket.receive({ op: 'pong', id: world.socket.last('ping').id });
    world.clock.advance(9_988);
    world.clock.advance(7);
    world.socket.receive({ op: 'pong', id: world.socket.last('ping').id });
    expect(latencies).toEqual([12, 7]);
    expect(world.socket.of('ping')).toHaveLength(2);
  });

  test('no pong in time: the connection is given up', () => {
    connected(['a:1', 'b:1']);
    world.clock.advance(5_001);
    expect(world.sockets[0]?.closedWith?.reason).toBe('no answer to ping in time');
    expect(world.hosts).toEqual(['a:1', 'b:1']);
  });

  test('wake ends a pause, or asks a connection whether it lives', () => {
    const client = connected(['a:1']);
    for (let round = 0; round < 3; round += 1) {
      world.socket.drop();
      world.clock.advance(300);
    }
    world.socket.drop();
    const before = world.sockets.length;
    client.wake();
    expect(world.sockets).toHaveLength(before + 1);
    world.socket.open();
    client.wake();
    expect(world.socket.of('ping')).toHaveLength(2);
  });
});

test('new addresses are used from the next reconnect on', () => {
  const client = connected(['a:1']);
  client.addresses = ['a:1', 'b:1'];
  expect(client.status).toMatchObject({ phase: 'open', address: 'a:1' });
  world.socket.drop();
  world.clock.advance(1);
  expect(world.hosts).toEqual(['a:1', 'b:1']);
});

test('status tells every change', () => {
  const client = world.client();
  const phases: string[] = [client.status.phase];
  client.on('status', (status) => phases.push(status.phase));
  client.connect();
  world.socket.open();
  world.socket.drop();
  world.clock.advance(1);
  client.close();
  expect(phases).toEqual(['idle', 'connecting', 'open', 'waiting', 'connecting', 'closed']);
});

test('a closed client stays closed', () => {
  const client = connected(['a:1']);
  client.close();
  client.connect();
  world.socket.drop();
  world.clock.advance(60_000);
  expect(world.sockets).toHaveLength(1);
});
