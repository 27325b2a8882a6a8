// Malformed, hostile and slow clients on the HTTP port: each gets its status or its close code, and the node goes on working for the others.

import assert from 'node:assert/strict';
import { chat } from '../support/canvas.mjs';
import { TcpConnection } from '../support/tcp.mjs';
import { inTime, until } from '../support/wait.mjs';
import { OPCODE, WebSocketConnection, frame } from '../support/websocket.mjs';
import { scenario } from './scenario.mjs';

const topic = 'canvas/lobby';
const EVENTS = `/api/v1/documents/${topic}/events`;

/** @param {import('../support/node.mjs').TroupeNode} node */
async function assertWorking(node) {
  assert.equal((await node.post(topic, chat('still here'))).status, 201);
  assert.equal((await node.get('/readyz')).status, 200);
}

/** Sends bytes and gives the status of the answer; the connection has to end by itself. @param {import('../support/node.mjs').TroupeNode} node @param {(string | Buffer)[]} bytes */
async function statusOf(node, ...bytes) {
  const connection = await TcpConnection.open(node.http);
  for (const each of bytes) connection.send(each);
  const status = await connection.status();
  await connection.waitForEnd(10_000);
  connection.destroy();
  return status;
}

scenario('malformed requests get 400 and the connection ends', async (world) => {
  const node = await world.node();
  const requests = [
    'garbage\r\n\r\n', 'GET\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', 'GET / HTTP/1.1\r\nno colon\r\n\r\n', 'GET / HTTP/1.1\r\n: empty name\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', `POST ${EVENTS} HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n`,
    `POST ${EVENTS} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef`,
    `POST ${EVENTS} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
    `POST ${EVENTS} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n`,
  ];
  for (const request of requests) {
    const status = await statusOf(node, Buffer.from(request, 'latin1'));
    assert.ok([400, 413, 505].includes(status), `${JSON.stringify(request)} was answered with ${status}`);
  }
  await assertWorking(node);
});

scenario('headers and bodies above their limits are refused without being read', async (world) => {
  const node = await world.node();
  const line = `X-Padding: ${'x'.repeat(1_000)}\r\n`;
  assert.equal(await statusOf(node, `GET /livez HTTP/1.1\r\nHost: x\r\n${line.repeat(20)}\r\n`), 431);
  assert.equal(await statusOf(node, `GET /${'x'.repeat(100_000)} HTTP/1.1\r\n\r\n`), 431);
  assert.equal(await statusOf(node, `POST ${EVENTS} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n`), 413);
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
  assert.equal(await statusOf(node, `POST ${EVENTS} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`, chunk.repeat(17)), 413);
  await assertWorking(node);
});

scenario('a request that does not come to its end is given up', async (world) => {
  const node = await world.node({ flags: { 'gateway-request-timeout': '1s', 'session-idle-timeout': '2s' } });
  const slow = await Promise.all(Array.from({ length: 50 }, () => TcpConnection.open(node.http)));
  slow.forEach((connection, index) => connection.send(index % 2 === 0 ? 'GET /livez HTTP/1.1\r\nHost: x\r\n' : `POST ${EVENTS} HTTP/1.1\r\nContent-Length: 100\r\n\r\n{`));
  const trickle = setInterval(() => slow.forEach((connection, index) => connection.send(index % 2 === 0 ? 'X-More: x\r\n' : ' ')), 100);
  world.atEnd(() => clearInterval(trickle));
  const silent = await TcpConnection.open(node.http);
  await Promise.all(slow.map((connection) => connection.waitForEnd(8_000)));
  for (const connection of slow) assert.match(connection.received, /^HTTP\/1\.1 408 /);
  await silent.waitForEnd(8_000);
  assert.equal(silent.received, '');
  await assertWorking(node);
});

scenario('many requests in one packet are answered in order', async (world) => {
  const node = await world.node();
  const connection = await TcpConnection.open(node.http);
  connection.send('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500) + 'GET /nowhere/at/all HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  await connection.waitForEnd();
  const statuses = [...connection.received.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1]);
  assert.deepEqual(statuses, [...Array(500).fill('200'), '404']);
});

scenario('frames that no WebSocket client may send end the connection', async (world) => {
  const node = await world.node();
  const ping = '{"op":"ping","id":1}';
  /** @type {[string, Buffer][]} */
  const cases = [
    ['not masked', frame(OPCODE.text, ping, { masked: false })],
    ['reserved bits', frame(OPCODE.text, ping, { reserved: 7 })],
    ['an unknown opcode', frame(3, ping)],
    ['a ping in pieces', frame(OPCODE.ping, 'x', { final: false })],
    ['a ping of 126 bytes', frame(OPCODE.ping, 'x'.repeat(126))],
    ['a continuation of nothing', frame(OPCODE.continuation, ping)],
    ['a close of one byte', frame(OPCODE.close, 'x')],
    ['a size of 2^63', Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4])],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ];
  for (const [what, bytes] of cases) {
    const socket = await WebSocketConnection.open(node.http);
    socket.sendBytes(bytes);
    const { code } = await inTime(`the end after ${what}`, socket.closed);
    assert.ok([1002, 1009].includes(code), `${what}: closed with ${code}`);
  }
  const upgrade = (/** @type {string} */ lines) => statusOf(node, `GET /api/v1/socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n${lines}\r\n`);
  assert.equal(await upgrade(''), 400);
  assert.ok([400, 426].includes(await upgrade('Sec-WebSocket-Version: 7\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n')));
  await assertWorking(node);
});

scenario('500 clients at once', async (world) => {
  const node = await world.node();
  const clients = await Promise.all(Array.from({ length: 500 }, () => world.client(node)));
  await Promise.all(clients.map((client) => client.join(topic)));
  await Promise.all(clients.map((client, n) => client.send(topic, chat(`${n}`), `k${n}`)));
  await until('every client to have every event', () => clients.every((client) => client.topic(topic).position.seq === 500), { within: 60_000 });
  assert.equal((await node.events(topic)).length, 500);
  for (const client of clients) client.socket.destroy();
  await until('the node to notice that they are gone', async () => (await node.metric('troupe_gateway_connections', { kind: 'websocket' })) === 0);
  await assertWorking(node);
});
