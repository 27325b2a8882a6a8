// The way through a drawing's past: a slider over its steps, a button that plays them, one that brings a step back.

import { element, icon } from './dom.js';

export interface HistoryBarPort {
  /** Shows the drawing after so many steps. */
  seek(position: number): void;
  restore(): void;
  close(): void;
  mayRestore: boolean;
}

/** A short drawing plays slowly enough to be seen, a long one is over before anybody tires of it. */
const PLAY_MS_A_STEP = 90;
const PLAY_MS_MIN = 2_000;
const PLAY_MS_MAX = 15_000;

export class HistoryBar {
  readonly node: HTMLElement;
  readonly #port: HistoryBarPort;
  readonly #slider: HTMLInputElement;
  readonly #label = element('span', { class: 'history-label', 'aria-live': 'off' }, 'Reading the history…');
  readonly #play: HTMLButtonElement;
  readonly #restore: HTMLButtonElement;
  #length = 0;
  #position = 0;
  #frame: number | undefined;

  constructor(port: HistoryBarPort) {
    this.#port = port;
    this.#play = element('button', { class: 'icon-button accent', type: 'button', disabled: true, onclick: () => this.#togglePlay() });
    this.#slider = element('input', {
      ...{ class: 'history-slider', type: 'range', min: '0', max: '0', step: '1', value: '0', disabled: true, 'aria-label': 'Step of the drawing' },
      ...{ oninput: () => this.#seekByHand() },
    });
    this.#restore = element('button', { class: 'button primary', type: 'button', disabled: true, onclick: () => port.restore() }, 'Restore this');
    const close = element('button', { class: 'icon-button', type: 'button', title: 'Back to the present (Escape)', 'aria-label': 'Back to the present', onclick: () => port.close() }, icon('close'));
    this.node = element(
      'div',
      { class: 'toolbar history', role: 'group', 'aria-label': 'History' },
      this.#play,
      this.#slider,
      this.#label,
      port.mayRestore ? this.#restore : undefined,
      close,
    );
    this.node.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') port.close();
      event.stopPropagation();
    });
    this.#showPlay();
  }

  /** So much of the past has been read. */
  showProgress(part: number): void {
    this.#label.textContent = `Reading the history… ${Math.round(part * 100)} %`;
  }

  /** All of it has been read: shows the last step. */
  begin(length: number): void {
    this.#length = length;
    this.#slider.max = String(length);
    this.#slider.disabled = this.#play.disabled = length === 0;
    this.#show(length);
    this.#slider.focus();
  }

  end(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
    this.#showPlay();
  }

  #seekByHand(): void {
    this.end();
    this.#show(Number(this.#slider.value));
  }

  #show(position: number): void {
    this.#position = position;
    this.#slider.value = String(Math.round(position));
    const step = Math.round(position);
    this.#label.textContent = this.#length === 0 ? 'Nothing was drawn yet' : `Step ${step} of ${this.#length}`;
    this.#slider.setAttribute('aria-valuetext', this.#label.textContent);
    this.#slider.style.setProperty('--part', `${this.#length === 0 ? 0 : (step / this.#length) * 100}%`);
    this.#restore.disabled = step === this.#length;
    this.#port.seek(step);
  }

  #togglePlay(): void {
    if (this.#frame !== undefined) return this.end();
    if (Math.round(this.#position) >= this.#length) this.#position = 0;
    const wholeMs = Math.min(PLAY_MS_MAX, Math.max(PLAY_MS_MIN, this.#length * PLAY_MS_A_STEP));
    let before = performance.now();
    const frame = (now: number) => {
      this.#show(Math.min(this.#length, this.#position + (Math.max(0, now - before) / wholeMs) * this.#length));
      before = now;
      this.#frame = this.#position < this.#length ? requestAnimationFrame(frame) : undefined;
      this.#showPlay();
    };
    this.#frame = requestAnimationFrame(frame);
    this.#showPlay();
  }

  #showPlay(): void {
    const isPlaying = this.#frame !== undefined;
    if (this.#play.dataset['playing'] === String(isPlaying)) return;
    this.#play.dataset['playing'] = String(isPlaying);
    this.#play.replaceChildren(icon(isPlaying ? 'pause' : 'play'));
    this.#play.setAttribute('aria-label', isPlaying ? 'Pause' : 'Play');
  }
}
