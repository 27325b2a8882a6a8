// The one Chromium of a run. Each visitor of a canvas gets a context of it, which is a browser of its own: nothing is shared between them.

import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const PROGRAMS = [process.env.TROUPE_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** @type {Promise<import('playwright-core').Browser> | undefined} */
let browser;

/** Starts with the first visitor. */
export function theBrowser() {
  browser ??= launch();
  return browser;
}

export async function closeBrowser() {
  await (await browser)?.close();
  browser = undefined;
}

async function launch() {
  const executablePath = PROGRAMS.find((program) => program && existsSync(program));
  if (!executablePath) throw new Error('no Chromium was found: install the package `chromium`, or name the program in TROUPE_CHROMIUM');
  return chromium.launch({ executablePath, args: FLAGS });
}
