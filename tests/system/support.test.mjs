// The tools of the system tests: what would make other tests pass or fail for the wrong reason.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import test from 'node:test';
import { Following } from '../support/client.mjs';
import { until } from '../support/wait.mjs';
import { OPCODE, WebSocketConnection, frame } from '../support/websocket.mjs';
import { faultsOf } from '../support/writer.mjs';
import { xxh3 } from '../support/xxh3.mjs';

test('XXH3 gives what the reference gives', () => {
  const hashOf = (/** @type {number} */ size) => xxh3(Buffer.from(Array.from({ length: size }, (_, n) => (n * n * 31 + size) & 255))).toString(16).padStart(16, '0');
  const reference = {
    17: '0c0bf3f458583b4c', 32: '55d4b32bcd21db9c', 33: '002ca1435749177e', 64: 'f8a39f3e8e4d394b',
    65: '7997ed3bd4026167', 96: 'afe92176af945fb5', 97: '4260a68385f0559b', 128: 'ab7202224d0d0139',
    129: 'd56d6b4a1b1e1127', 143: '944408163b049f23', 144: '525dcc5179e0ad68', 240: 'e9ed5c2f28245607',
    241: 'aba2f193cc6db5ee', 256: '26e67819d9232348', 1024: '39d225744c44e769', 1025: 'bacab5caa29816a3',
    1088: '6c086baeb2495f47', 4989: '19eedb642604c0f7',
  };
  assert.deepEqual(Object.fromEntries(Object.keys(reference).map((size) => [size, hashOf(Number(size))])), reference);
});

test('faults of a document are found', () => {
  const writer = /** @type {any} */ ({ acknowledged: new Map([['a', 1], ['b', 2]]) });
  const event = (/** @type {number} */ seq, /** @type {string} */ key) => ({ seq, key });
  assert.deepEqual(faultsOf([event(1, 'a'), event(2, 'b'), event(3, 'not acknowledged')], [writer]), []);
  for (const [what, events] of /** @type {const} */ ([
    ['lost', [event(1, 'a')]], ['twice', [event(1, 'a'), event(2, 'b'), event(3, 'a')]], ['a gap', [event(1, 'a'), event(3, 'b')]],
    ['swapped', [event(1, 'b'), event(2, 'a')]], ['repeated', [event(1, 'a'), event(1, 'a'), event(2, 'b')]],
  ])) {
    assert.notDeepEqual(faultsOf([...events], [writer]), [], what);
  }
});

test('a client notices gaps and repeats', () => {
  const following = new Following();
  following.onJoined({ recovered: false, snapshot: {}, epoch: 'e', seq: 4, present: [] });
  const event = (/** @type {number} */ seq) => following.onEvent({ seq, key: 'k', from: 'f', data: 1 });
  event(5);
  assert.throws(() => event(5));
  assert.throws(() => event(7));
  event(6);
  assert.throws(() => following.onJoined({ recovered: true, epoch: 'another', seq: 9, present: [] }));
  assert.throws(() => following.onJoined({ recovered: true, snapshot: {}, epoch: 'e', seq: 9, present: [] }));
});

test('frames of each size are read, however they are cut', async () => {
  const sizes = [0, 1, 125, 126, 127, 128, 65_535, 65_536, 100_000];
  const server = createServer((socket) => {
    socket.once('data', async (request) => {
      const key = request.toString().match(/Sec-WebSocket-Key: (\S+)/)?.[1];
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      const bytes = Buffer.concat([Buffer.from(`HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`),
                                   ...sizes.map((size) => frame(OPCODE.text, 'x'.repeat(size), { masked: false }))]);
      for (let at = 0; at < bytes.length; at += 1_001) {
        if (!socket.write(bytes.subarray(at, at + 1_001))) await once(socket, 'drain');
      }
    });
    socket.on('error', () => {});
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const socket = await WebSocketConnection.open(`127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`);
  /** @type {number[]} */
  const received = [];
  socket.on('message', (text) => received.push(text.length));
  await until('all frames', () => received.length === sizes.length);
  assert.deepEqual(received, sizes);
  socket.destroy();
  server.close();
});
