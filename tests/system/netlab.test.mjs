// The laboratory of network faults itself: what tests on it rely on.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { performance } from 'node:perf_hooks';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { Netlab } from '../support/netlab.mjs';
import { TcpConnection } from '../support/tcp.mjs';
import { inTime, until } from '../support/wait.mjs';

await Netlab.orSkip();

const PORT = 9000;
const ECHO = `require('node:net').createServer({ noDelay: true }, (s) => s.pipe(s).on('error', () => {})).listen(${PORT}, () => console.log('ready'))`;
const DIGEST = `require('node:net').createServer({ allowHalfOpen: true }, (s) => {
  const hash = require('node:crypto').createHash('sha256');
  s.on('data', (part) => hash.update(part)).on('end', () => s.end(hash.digest('hex')));
}).listen(${PORT}, () => console.log('ready'))`;

/**
 * @param {string} name  What holds.
 * @param {(lab: Netlab) => Promise<unknown>} run  With hosts `a` and `b`.
 */
const laboratory = (name, run) => test(name, { timeout: 60_000 }, async () => {
  const lab = await Netlab.create(['a', 'b'], { seed: 7 });
  try {
    await run(lab);
  } finally {
    await lab.close();
  }
});

/** Runs a script of Node on host a, and waits until it listens. @param {Netlab} lab @param {string} script */
async function serve(lab, script) {
  const server = lab.exec('a', process.execPath, ['-e', script]);
  await inTime('the server to listen', once(/** @type {any} */ (server.stdout), 'data'));
  return `${lab.address('a')}:${PORT}`;
}

/** @param {TcpConnection} connection @param {string} text */
async function echoed(connection, text) {
  const wanted = connection.received + text;
  connection.send(text);
  await until('the echo', () => connection.received === wanted, { every: 1 });
}

/** How long an echo takes, in milliseconds, without a pause of ours in it. @param {TcpConnection} connection */
function roundTrip(connection) {
  const begin = performance.now();
  connection.send('x');
  return inTime('the echo', once(connection.socket, 'data').then(() => performance.now() - begin));
}

/** From outside to host a. @param {Netlab} lab @param {number} count @param {Buffer} bytes */
async function sendDatagrams(lab, count, bytes) {
  const socket = createSocket('udp4');
  for (let i = 0; i < count; ++i) await new Promise((resolve) => socket.send(bytes, PORT, lab.address('a'), resolve));
  socket.close();
}

laboratory('a round trip takes the delay of both ways', async (lab) => {
  const connection = await TcpConnection.open(await serve(lab, ECHO));
  await lab.delay('a', 'outside', 10.15);
  const took = [];
  for (let i = 0; i < 50; ++i) took.push(await roundTrip(connection));
  await lab.command('delay a>outside 0ms');
  const oneWay = [];
  for (let i = 0; i < 20; ++i) oneWay.push(await roundTrip(connection));
  connection.destroy();
  // Nothing comes early. The shortest, because a slow or loaded machine makes others longer.
  const [shortest, shortestOneWay] = [Math.min(...took), Math.min(...oneWay)];
  assert.ok(shortest >= 20.3 && shortest <= 23, `${shortest} ms`);
  assert.ok(shortestOneWay >= 10.15 && shortestOneWay <= 13, `${shortestOneWay} ms`);
});

laboratory('hosts reach each other, and only each other', async (lab) => {
  await serve(lab, ECHO);
  const code = (/** @type {string} */ address) => new Promise((resolve) =>
    lab.exec('b', process.execPath, ['-e', `require('node:net').connect(${PORT}, '${address}', () => process.exit(5)).on('error', () => process.exit(6))`])
      .once('exit', resolve));
  assert.equal(await code(lab.address('a')), 5);
  assert.equal(await code('192.0.2.1'), 6, 'there is no way out');
  assert.equal(await code('127.0.0.1'), 6, 'and the loopback is its own');
});

for (const milliseconds of [0, 10]) {
  laboratory(`bulk arrives whole, ${milliseconds} ms away`, async (lab) => {
    const [host, port] = (await serve(lab, DIGEST)).split(':');
    await lab.delay('a', 'outside', milliseconds);
    const part = randomBytes(1 << 20);
    const hash = createHash('sha256');
    const socket = connect({ host, port: Number(port), allowHalfOpen: true });
    let answer = '';
    socket.setEncoding('utf8').on('data', (text) => (answer += text));
    for (let i = 0; i < 100; ++i) {
      hash.update(part);
      if (!socket.write(part)) await inTime('the bulk to flow', once(socket, 'drain'));
    }
    socket.end();
    await inTime('the digest', once(socket, 'end'));
    socket.destroy();  // The host may be gone before it has confirmed the end.
    assert.equal(answer, hash.digest('hex'));
  });
}

laboratory('a rate holds, and what finds no room in the queue is dropped', async (lab) => {
  const [host, port] = (await serve(lab, DIGEST)).split(':');
  await lab.rate('a', 'outside', 10e6);
  const begin = performance.now();
  const socket = connect({ host, port: Number(port), allowHalfOpen: true });
  socket.end(Buffer.alloc(5_000_000));
  await inTime('the digest', once(socket.resume(), 'end'));
  socket.destroy();
  assert.ok(performance.now() - begin > 450, '5 MB at 10 MB/s');

  await lab.rate('a', 'outside', 1_000);
  await lab.command('queue outside>a 64KiB');
  const { packets: before } = await lab.count('outside', 'a');
  await sendDatagrams(lab, 200, Buffer.alloc(1_000));
  const { packets, full } = await until('all packets to be counted', async () => {
    const now = await lab.count('outside', 'a');
    return now.full >= 200 - 65 && now;
  });
  assert.ok(packets - before < 65 && full < 200, `${packets - before} delivered, ${full} dropped`);
});

test('as many packets are lost as was asked, and the same ones for the same seed', { timeout: 60_000 }, async () => {
  const sent = 5_000;
  const lost = [];
  for (let run = 0; run < 2; ++run) {
    const lab = await Netlab.create(['a'], { seed: 42 });
    await lab.command('loss outside>a 0.1');
    await sendDatagrams(lab, sent, Buffer.from('x'));
    const counts = await until('all packets to be counted', async () => {
      const now = await lab.count('outside', 'a');
      return now.packets + now.lost === sent && now;
    });
    lost.push(counts.lost);
    await lab.close();
  }
  assert.ok(lost[0] > 400 && lost[0] < 600, `${lost[0]} of ${sent}`);
  assert.equal(lost[0], lost[1]);
});

laboratory('a connection lives through a cut, in both directions or in one', async (lab) => {
  const connection = await TcpConnection.open(await serve(lab, ECHO));
  await echoed(connection, 'before');
  await lab.cut('a', 'outside');
  connection.send('while cut');
  await until('a packet to be dropped', async () => (await lab.count('outside', 'a')).cut > 0);
  assert.equal(connection.received, 'before');
  await lab.heal();
  await until('the echo', () => connection.received === 'beforewhile cut');

  await lab.cutOneWay('a', 'outside');
  const arrived = (await lab.count('outside', 'a')).packets;
  connection.send('one way');
  await until('the answer to be dropped', async () => (await lab.count('a', 'outside')).cut > 0);
  const { packets, cut } = await lab.count('outside', 'a');
  assert.ok(packets > arrived && cut > 0, 'the way there is open');
  assert.equal(connection.received, 'beforewhile cut');
  await lab.heal('a', 'outside');
  await until('the echo', () => connection.received === 'beforewhile cutone way');
  connection.destroy();
});

laboratory('what is on its way is lost with the cable', async (lab) => {
  const connection = await TcpConnection.open(await serve(lab, ECHO));
  await lab.command('delay outside>a 500ms');
  connection.send('x');
  await lab.cut('a', 'outside');
  await until('it to be dropped', async () => (await lab.count('outside', 'a')).cut > 0);
  await lab.heal();
  await until('the echo of the repeated packet', () => connection.received === 'x');
  connection.destroy();
});

laboratory('a command that cannot be understood is an error, and changes nothing', async (lab) => {
  for (const wrong of ['', 'dleay a b 1ms', 'delay a b', 'delay a b 1', 'delay a b -1ms', 'loss a b 2', 'cut a', 'cut a b c', 'cut a>z', 'cut a a']) {
    await assert.rejects(lab.command(wrong), /error/, wrong);
  }
  const connection = await TcpConnection.open(await serve(lab, ECHO));
  await echoed(connection, 'x');
  connection.destroy();
});

/** @param {string} address */
const isOurAddress = (address) => Object.values(networkInterfaces()).flat().some((each) => each?.address === address);

test('kill -9 of the relay, or of its test, leaves nothing', { timeout: 60_000 }, async () => {
  const killed = await Netlab.create(['a']);
  assert.ok(isOurAddress(killed.address('outside')));
  await killed.kill();
  await until('the device to be gone', () => !isOurAddress(killed.address('outside')));
  await assert.rejects(killed.cut('a', 'outside'), /ended/);

  const module = fileURLToPath(new URL('../support/netlab.mjs', import.meta.url));
  const script = `const { Netlab } = await import(${JSON.stringify(module)}); const lab = await Netlab.create(['a']);
    const child = lab.exec('a', 'tail', ['-f', '/dev/null']);
    console.log(lab.pid, child.pid, lab.address('outside')); setInterval(() => {}, 1e6);`;
  const tester = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await inTime('the laboratory of another process', once(tester.stdout, 'data'));
  const [relay, child, address] = `${line}`.trim().split(' ');
  assert.ok(isOurAddress(address) && existsSync(`/proc/${relay}`) && existsSync(`/proc/${child}`));
  tester.kill('SIGKILL');
  const isAway = (/** @type {string} */ pid) => {
    try {
      return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));  // An orphan that nobody has collected yet.
    } catch {
      return true;
    }
  };
  await until('its processes to be gone', () => isAway(relay) && isAway(child));
  await until('its device to be gone', () => !isOurAddress(address));
});
