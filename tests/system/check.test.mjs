// `troupe check`, and what `troupe serve` says to a configuration that cannot work.

import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../support/node.mjs';
import { Program } from '../support/program.mjs';
import { scenario } from './scenario.mjs';

/** Runs the program to its end. @param {string[]} words @param {Record<string, string>} [env] */
async function run(words, env) {
  const program = new Program(words, { env });
  const { code } = await program.wait();
  return { code, output: program.output, log: program.log, all: program.output + program.log };
}

/** A configuration file with this text. @param {import('./scenario.mjs').World} world @param {string} text */
function configuration(world, text) {
  const folder = temporaryFolder();
  world.atEnd(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'troupe.toml');
  writeFileSync(file, text.replaceAll('FOLDER', folder));
  return file;
}

scenario('a configuration that is fine is said to be', async (world) => {
  const { code, output } = await run(['check', configuration(world, 'name = "a"\ndata = "FOLDER/data"\n[http]\nlisten = "127.0.0.1:8080"\n')]);
  assert.equal(code, 0, output);
  assert.match(output, /is fine/);
  assert.match(output, /http\.listen = "127\.0\.0\.1:8080"/);
});

scenario('each mistake is named with its line and its remedy', async (world) => {
  const file = configuration(world, ['name = "a"', 'data = "FOLDER/data"', '', '[http]', 'lisen = "127.0.0.1:8080"', '', '[session]', 'topics_max = "many"',
                                     'idle_timeout = "5 parsecs"', ''].join('\n'));
  const { code, all } = await run(['check', file]);
  assert.equal(code, 1);
  for (const [line, words] of /** @type {const} */ ([[5, ['lisen', 'listen']], [8, ['topics_max']], [9, ['idle_timeout']]])) {
    const at = all.split('\n').findIndex((text) => text.includes(`troupe.toml:${line}:`));
    assert.ok(at >= 0, `line ${line} is not named:\n${all}`);
    const text = all.split('\n').slice(at, at + 2).join('\n');
    for (const word of words) assert.ok(text.includes(word), text);
    assert.match(text, /remedy: \S/);
  }
});

scenario('a file that is not TOML, or not there', async (world) => {
  const broken = await run(['check', configuration(world, 'name = "a"\n[http\nlisten = 1\n')]);
  assert.equal(broken.code, 1);
  assert.match(broken.all, /troupe\.toml:2:/);
  const missing = await run(['check', '/nowhere/troupe.toml']);
  assert.equal(missing.code, 1);
  assert.match(missing.all, /\/nowhere\/troupe\.toml/);
});

scenario('serve refuses the same, and says where each value came from', async (world) => {
  const file = configuration(world, 'name = "a"\n');
  const { code, output, log } = await run(['serve', '--config', file, '--http', 'nonsense'], { TROUPE_SHARDS: 'several' });
  assert.equal(code, 1);
  assert.equal(output, '');
  assert.match(log, /--http/);
  assert.match(log, /TROUPE_SHARDS/);
  const unknown = await run(['serve', '--no-such-flag']);
  assert.notEqual(unknown.code, 0);
  assert.match(unknown.all, /no-such-flag/);
});

scenario('help and version', async () => {
  for (const words of [['--help'], ['serve', '--help'], ['demo', '--help'], ['check', '--help']]) {
    const { code, output } = await run(words);
    assert.equal(code, 0);
    assert.match(output, /--help/);
  }
  const { code, output } = await run(['--version']);
  assert.equal(code, 0);
  assert.match(output, /^\S*\d+\.\d+\.\d+/);
  assert.notEqual((await run([])).code, 0);
});
