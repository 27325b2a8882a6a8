// Every error code, limit and close code of docs/protocol.md, at its edge: just within it works, just beyond it is answered as the page says.

import assert from 'node:assert/strict';
import { chat } from '../support/canvas.mjs';
import { inTime, until } from '../support/wait.mjs';
import { HandshakeError, OPCODE, WebSocketConnection } from '../support/websocket.mjs';
import { scenario } from './scenario.mjs';

const topic = 'canvas/lobby';

/** JSON text of exactly so many bytes. @param {number} bytes */
const jsonOf = (bytes) => JSON.stringify({ t: 'x'.repeat(bytes - '{"t":""}'.length) });

/** Sends text as it is and gives the next error. @param {import('../support/client.mjs').TroupeClient} client @param {string} text */
async function errorFor(client, text) {
  const seen = client.messages.length;
  client.socket.send(text);
  return until(`an error for ${text.slice(0, 100)}`, () => client.messages.slice(seen).find((message) => message.op === 'error'), { every: 2 });
}

scenario('each wrong message gets its error code and its id, and the connection stays open', async (world) => {
  const node = await world.node();
  const client = await world.client(node);
  await client.join(topic);
  const send = { op: 'send', id: 7, topic, key: 'k', data: chat('x') };
  /** @type {[string, number | undefined, any][]} */
  const cases = [
    ['bad_request', undefined, 'garbage'], ['bad_request', undefined, ''], ['bad_request', undefined, '[1]'], ['bad_request', undefined, '"text"'],
    ['bad_request', undefined, '{"op":"ping","id":1'], ['bad_request', undefined, { op: 'ping' }], ['bad_request', 7, { id: 7 }],
    ['bad_request', 7, { op: 'fly', id: 7 }], ['bad_request', 7, { op: 7, id: 7 }],
    ['bad_request', undefined, { op: 'ping', id: '7' }], ['bad_request', undefined, { op: 'ping', id: -1 }],
    ['bad_request', undefined, { op: 'ping', id: 1.5 }], ['bad_request', undefined, '{"op":"ping","id":9007199254740992}'],
    ['bad_request', 7, { ...send, topic: undefined }], ['bad_request', 7, { ...send, key: undefined }], ['bad_request', 7, { ...send, data: undefined }],
    ['bad_request', 7, { ...send, key: 5 }], ['bad_request', 7, { ...send, key: '' }], ['bad_request', 7, { ...send, key: 'k'.repeat(129) }],
    ['bad_request', 7, { op: 'join', id: 7, topic: 'canvas/other', after: { seq: 1 } }],
    ['bad_request', 7, { op: 'join', id: 7, topic: 'canvas/other', after: { epoch: 'e', seq: -1 } }],
    ['bad_request', 7, { op: 'join', id: 7, topic: 'canvas/other', present: 'here' }],
    ['invalid_event', 7, { ...send, data: {} }], ['invalid_event', 7, { ...send, data: null }], ['invalid_event', 7, { ...send, data: chat('') }],
    ['invalid_event', 7, { ...send, data: chat('x'.repeat(501)) }], ['invalid_event', 7, { ...send, data: { type: 'stroke', id: 's', points: [1] } }],
    ['not_joined', 7, { ...send, topic: 'canvas/other' }], ['not_joined', 7, { op: 'leave', id: 7, topic: 'canvas/other' }],
    ['not_joined', 7, { op: 'present', id: 7, topic: 'canvas/other', present: {} }],
    ['not_joined', undefined, { op: 'signal', topic: 'canvas/other', data: 1 }],
    ['already_joined', 7, { op: 'join', id: 7, topic }],
    ...['nowhere/lobby', 'canvas', 'canvas/', '/canvas/x', 'canvas//x', 'canvas/a b', 'canvas/ä', '', `canvas/${'x'.repeat(194)}`].map(
      (wrong) => /** @type {[string, number, any]} */ (['unknown_topic', 7, { op: 'join', id: 7, topic: wrong }])),
  ];
  for (const [code, id, message] of cases) {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    const error = await errorFor(client, text);
    assert.deepEqual({ code: error.code, id: error.id }, { code, id }, `${text} was answered with ${JSON.stringify(error)}`);
    assert.ok(error.message.length > 0);
  }
  assert.equal((await client.request({ op: 'ping' })).op, 'pong');
  assert.deepEqual(await node.events(topic), []);
});

scenario('what is just within a limit works', async (world) => {
  const node = await world.node();
  const client = await world.client(node);
  const longest = `canvas/${'x'.repeat(193)}`;
  await client.join(longest);
  assert.equal(await client.send(longest, chat('x'.repeat(500), 'n'.repeat(40)), 'k'.repeat(128)), 1);
  assert.deepEqual((await node.events(longest)).map((event) => event.key), ['k'.repeat(128)]);
  for (const id of [0, Number.MAX_SAFE_INTEGER]) {
    client.socket.send(JSON.stringify({ op: 'ping', id, unknown: 'is ignored' }));
    await client.waitFor(`the pong ${id}`, (message) => message.op === 'pong' && message.id === id);
  }
});

scenario('data and present have 64 KiB each', async (world) => {
  const node = await world.node();
  const [client, other] = [await world.client(node), await world.client(node)];
  await Promise.all([client.join(topic), other.join(topic)]);
  const limit = 64 * 1024;
  client.socket.send(`{"op":"signal","topic":"${topic}","data":${jsonOf(limit)}}`);
  await until('the largest signal', () => other.topic(topic).signals.length === 1);
  assert.equal((await client.request({ op: 'present', topic, present: JSON.parse(jsonOf(limit)) })).op, 'ack');
  const beyond = JSON.parse(jsonOf(limit + 1));
  for (const message of [{ op: 'signal', data: beyond }, { op: 'send', key: 'k', data: beyond }, { op: 'present', present: beyond }]) {
    assert.equal((await client.request({ ...message, topic })).code, 'too_large');
  }
  assert.equal((await client.request({ op: 'join', topic: 'canvas/other', present: beyond })).code, 'too_large');
});

scenario('JSON may be nested 64 deep', async (world) => {
  const node = await world.node();
  const client = await world.client(node);
  await client.join(topic);
  // The message itself is the first level.
  const nested = (/** @type {number} */ depth) => `{"op":"signal","id":3,"topic":"${topic}","data":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
  client.socket.send(nested(64));
  assert.equal((await client.request({ op: 'ping' })).op, 'pong');
  assert.deepEqual(client.messages.filter((message) => message.op === 'error'), []);
  assert.equal((await errorFor(client, nested(65))).code, 'bad_request');
  assert.equal((await errorFor(client, nested(100_000))).code, 'bad_request');
});

scenario('a session joins as many topics as it may', async (world) => {
  const node = await world.node();
  const client = await world.client(node);
  for (let n = 0; n < 64; ++n) await client.join(`canvas/${n}`);
  assert.equal((await client.request({ op: 'join', topic: 'canvas/64' })).code, 'too_many_topics');
  await client.leave('canvas/0');
  await client.join('canvas/64');
});

scenario('a message has 1 MiB; one byte more closes with 1009', async (world) => {
  const node = await world.node();
  const client = await world.client(node);
  const frame = (/** @type {number} */ bytes) => {
    const empty = '{"op":"ping","id":1,"padding":""}';
    return empty.replace('""}', `"${'x'.repeat(bytes - empty.length)}"}`);
  };
  client.socket.send(frame(1 << 20));
  await client.waitFor('the pong', (message) => message.op === 'pong');
  client.socket.send(frame((1 << 20) + 1));
  assert.equal((await inTime('the close', client.closed)).code, 1009);

  // In pieces it is as long.
  const pieces = await WebSocketConnection.open(node.http);
  pieces.sendFrame(OPCODE.text, 'x'.repeat(1 << 19), { final: false });
  pieces.sendFrame(OPCODE.continuation, 'x'.repeat((1 << 19) + 1));
  assert.equal((await inTime('the close', pieces.closed)).code, 1009);
});

scenario('a binary message closes with 1003, text that is not UTF-8 with 1007', async (world) => {
  const node = await world.node();
  const binary = await WebSocketConnection.open(node.http);
  binary.sendFrame(OPCODE.binary, '{"op":"ping","id":1}');
  assert.equal((await inTime('the close', binary.closed)).code, 1003);
  for (const bytes of [[0xff], [0x22, 0xc3, 0x28, 0x22], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]]) {
    const socket = await WebSocketConnection.open(node.http);
    socket.sendFrame(OPCODE.text, Buffer.from(bytes));
    assert.equal((await inTime('the close', socket.closed)).code, 1007);
  }
});

scenario('a client is pinged when it is silent, and dropped when it does not answer', async (world) => {
  const node = await world.node({ flags: { 'session-idle-timeout': '1s' } });
  const alive = await world.client(node);
  let pings = 0;
  alive.socket.on('ping', () => ++pings);
  const dead = await world.client(node);
  dead.socket.answersPings = false;
  assert.deepEqual(await inTime('the end of the silent connection', dead.closed), { code: 1006, reason: '' });
  await until('some more pings', () => pings >= 4);
  assert.equal((await alive.request({ op: 'ping' })).op, 'pong');
});

scenario('connections beyond those that are allowed get 503, until there is room', async (world) => {
  const node = await world.node({ flags: { 'gateway-connections-max': '5' } });
  const clients = await Promise.all(Array.from({ length: 5 }, () => world.client(node)));
  await assert.rejects(WebSocketConnection.open(node.http), (error) => error instanceof HandshakeError && error.status === 503);
  const answer = await node.get('/livez');
  assert.equal(answer.status, 503);
  assert.equal((await clients[0].request({ op: 'ping' })).op, 'pong');
  await clients[0].close();
  await until('room for another one', async () => (await node.get('/livez')).status === 200);
});
