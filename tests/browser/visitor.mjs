// Somebody at a browser of their own, with a canvas open: draws, writes, and tells what they see.

import { createHash } from 'node:crypto';
import { until } from '../support/wait.mjs';
import { theBrowser } from './browser.mjs';

export const DESKTOP = { viewport: { width: 1280, height: 800 } };
export const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };

const PLANE_WIDTH = 1600;
const PLANE_HEIGHT = 1000;

/** What the browser itself says when a node is not there, or wants a token. No page can prevent it. */
const AWAY = /WebSocket connection to|net::ERR_|status of (401|503)/;

/** A point of the plane, which is 1600 wide and 1000 high. @typedef {[number, number]} Point */

export class Visitor {
  /** What the page wrote to its console, and what became of its connections. @type {string[]} */
  log = [];
  /** What must not be there at the end of a test. @type {string[]} */
  errors = [];
  /** @type {import('playwright-core').CDPSession | undefined} */
  #touch;

  /**
   * @param {string} name
   * @param {import('playwright-core').BrowserContext} context
   * @param {import('playwright-core').Page} page
   */
  constructor(name, context, page) {
    this.name = name;
    this.context = context;
    this.page = page;
    page.on('console', (message) => this.#note(message.type(), message.text()));
    page.on('pageerror', (error) => this.#note('error', error.stack ?? error.message));
    page.on('websocket', (socket) => {
      this.#note('socket', `${socket.url()} opens`);
      socket.on('close', () => this.#note('socket', `${socket.url()} closes`));
    });
  }

  /**
   * A new browser that has never been here. It has not opened a page yet.
   * @param {string} name
   * @param {import('playwright-core').BrowserContextOptions} [device]
   */
  static async arrive(name, device = DESKTOP) {
    const context = await (await theBrowser()).newContext(device);
    await context.addInitScript((own) => {
      // An empty page has no storage.
      if (location.protocol.startsWith('http')) localStorage.getItem('troupe.name') ?? localStorage.setItem('troupe.name', own);
    }, name);
    return new Visitor(name, context, await context.newPage());
  }

  /** Errors that say more than that a node was away. */
  get realErrors() {
    return this.errors.filter((error) => !AWAY.test(error));
  }

  // Coming and going.

  /**
   * Opens a canvas on a node and waits until it has been joined.
   * @param {string} address  host:port
   * @param {string} topic
   */
  async open(address, topic) {
    await this.page.goto(`http://${address}/${topic}`);
    await this.#waitUntilJoined();
    return this;
  }

  async reload() {
    await this.page.reload();
    await this.#waitUntilJoined();
  }

  async leave() {
    await this.context.close();
  }

  // What one does on a canvas.

  /**
   * A stroke by mouse.
   * @param {...Point} points
   */
  async draw(...points) {
    await this.beginStroke(...points);
    await this.page.mouse.up();
  }

  /**
   * The same, but the button is still down.
   * @param {...Point} points
   */
  async beginStroke(...points) {
    const [first, ...others] = await this.#onScreen(points);
    const { mouse } = this.page;
    await mouse.move(first.x, first.y);
    await mouse.down();
    for (const { x, y } of others) await mouse.move(x, y, { steps: 4 });
  }

  /**
   * A stroke by a finger.
   * @param {...Point} points
   */
  async drawByTouch(...points) {
    await this.#moveFingers((await this.#onScreen(points)).map((point) => [point]));
  }

  /**
   * Two fingers, one above the other, move apart from here: first so far, then so far. A point of the plane may lie beside the sheet.
   * @param {Point} middle
   * @param {number} before
   * @param {number} after
   */
  async pinch([x, y], before, after) {
    const steps = [0, 0.25, 0.5, 0.75, 1].map((part) => before + (after - before) * part);
    const moves = [];
    for (const distance of steps) moves.push(await this.#onScreen([[x, y - distance / 2], [x, y + distance / 2]]));
    await this.#moveFingers(moves);
  }

  /** @param {string} text */
  async write(text) {
    const field = this.page.getByLabel('Message');
    if (!(await field.isVisible())) await this.button(/^Chat/).click();
    await field.fill(text);
    await field.press('Enter');
  }

  /** A button by the name that a screen reader says. @param {string | RegExp} name */
  button(name) {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }

  // What one sees.

  /** @returns {Promise<import('../../web/canvas/inspect.js').CanvasState>} */
  state() {
    return this.page.evaluate(() => /** @type {any} */ (window).troupeCanvas.state());
  }

  /** A hash of the confirmed strokes, the same on every screen. @returns {Promise<string>} */
  pixelHash() {
    return this.page.evaluate(() => /** @type {any} */ (window).troupeCanvas.pixelHash());
  }

  /** A hash of what is on this screen, which depends on its size and contains what is not confirmed yet. */
  async screenHash() {
    return createHash('sha256').update(await this.screenImage()).digest('hex');
  }

  /** The same as the URL of a picture. */
  async screenImage() {
    await this.#waitUntilPainted();
    return this.page.evaluate(() => /** @type {HTMLCanvasElement} */ (document.querySelector('.stage > canvas')).toDataURL());
  }

  /**
   * The colour on the screen at a point of the plane, as [red, green, blue, alpha].
   * @param {Point} point
   * @returns {Promise<number[]>}
   */
  async pixelAt([x, y]) {
    await this.#waitUntilPainted();
    return this.page.evaluate(([partX, partY]) => {
      const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector('.stage > canvas'));
      const [sheet, view] = [/** @type {Element} */ (document.querySelector('.sheet')), canvas].map((each) => each.getBoundingClientRect());
      const [left, top] = [sheet.left + partX * sheet.width - view.left, sheet.top + partY * sheet.height - view.top];
      const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
      return [...context.getImageData(Math.floor(left * (canvas.width / view.width)), Math.floor(top * (canvas.height / view.height)), 1, 1).data];
    }, [x / PLANE_WIDTH, y / PLANE_HEIGHT]);
  }

  /** @param {Point} point */
  async isPaintedAt(point) {
    return (await this.pixelAt(point))[3] > 0;
  }

  /** The line over the sheet; empty if there is none. */
  async banner() {
    return (await this.page.locator('.banner:visible').allTextContents()).join();
  }

  chatLines() {
    return this.page.locator('.chat-line p').allTextContents();
  }

  // What one waits for.

  /**
   * @param {string} what
   * @param {(state: import('../../web/canvas/inspect.js').CanvasState) => boolean} isSo
   * @param {number} [within]
   */
  async waitFor(what, isSo, within) {
    /** @type {any} */
    let last;
    try {
      return await until(`${this.name} to see ${what}`, async () => isSo((last = await this.state())) && last, { within });
    } catch (error) {
      throw new Error(`${/** @type {Error} */ (error).message}; the page says ${JSON.stringify(last)}`, { cause: error });
    }
  }

  /** Waits until everything that was drawn here is on disk and has come back. */
  waitUntilSaved() {
    return this.waitFor('everything saved', ({ pending, connected }) => connected && pending === 0);
  }

  /** The page paints in frames, and a large drawing in many of them. */
  async #waitUntilPainted() {
    await this.page.evaluate(async () => {
      const { troupeCanvas } = /** @type {any} */ (window);
      do await new Promise((resolve) => requestAnimationFrame(resolve));
      while (!troupeCanvas.state().isPainted);
    });
  }

  async #waitUntilJoined() {
    await until(`the page of ${this.name} to start`, () => this.page.evaluate(() => 'troupeCanvas' in window));
    return this.waitFor('the canvas', ({ connected, seq }) => connected && seq !== undefined);
  }

  /** Where the fingers are at each step. @param {{x: number, y: number}[][]} steps */
  async #moveFingers([first, ...others]) {
    this.#touch ??= await this.context.newCDPSession(this.page);
    const send = (/** @type {'touchStart' | 'touchMove' | 'touchEnd'} */ type, /** @type {{x: number, y: number}[]} */ fingers) =>
      /** @type {import('playwright-core').CDPSession} */ (this.#touch).send('Input.dispatchTouchEvent', { type, touchPoints: fingers.map((point, id) => ({ ...point, id })) });
    await send('touchStart', first);
    for (const fingers of others) await send('touchMove', fingers);
    await send('touchEnd', []);
  }

  /** @param {Point[]} points */
  async #onScreen(points) {
    const box = await this.page.locator('.sheet').boundingBox();
    if (!box) throw new Error('there is no sheet on the page');
    return points.map(([x, y]) => ({ x: box.x + (x / PLANE_WIDTH) * box.width, y: box.y + (y / PLANE_HEIGHT) * box.height }));
  }

  /** @param {string} kind @param {string} text */
  #note(kind, text) {
    this.log.push(`${new Date().toISOString()} ${kind}: ${text}`);
    if (kind === 'error') this.errors.push(text);
  }
}
