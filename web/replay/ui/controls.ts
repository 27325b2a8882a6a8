// Play, step, scrub, and how fast.

import { element } from '../../canvas/ui/dom.js';
import { TICKS_PER_SECOND } from '../model/record.js';

const SPEEDS = ['by itself', '0.02', '0.1', '0.5', '1', '4', '16', '64'];

export interface Actions {
  play(): void;
  step(direction: 1 | -1): void;
  seek(time: number): void;
}

export class Controls {
  #play = element('button', { class: 'button', type: 'button', 'aria-label': 'Play' }, '▶');
  #speed = element('select', { class: 'field', 'aria-label': 'Speed' }, ...SPEEDS.map((speed) => element('option', { value: speed }, speed === 'by itself' ? 'speed: by itself' : `${speed} ×`)));
  #range = element('input', { class: 'scrub', type: 'range', min: '0', step: '1', 'aria-label': 'Time' });
  #time = element('output', { class: 'play-time' });
  readonly element: HTMLElement;

  constructor(private readonly end: number, actions: Actions) {
    this.#range.max = String(end);
    this.#play.addEventListener('click', () => actions.play());
    this.#range.addEventListener('input', () => actions.seek(Number(this.#range.value)));
    const step = (direction: 1 | -1, name: string, sign: string) => element('button', { class: 'button quiet', type: 'button', 'aria-label': name, title: name, onclick: () => actions.step(direction) }, sign);
    this.element = element('div', { class: 'controls' }, this.#play, step(-1, 'Previous event', '←'), step(1, 'Next event', '→'), this.#speed, this.#time, this.#range);
    document.addEventListener('keydown', (event) => {
      if (event.target instanceof HTMLElement && event.target.closest('input, select, button') !== null && event.key !== 'Escape') return;
      if (event.key === ' ') actions.play();
      else if (event.key === 'ArrowRight') actions.step(1);
      else if (event.key === 'ArrowLeft') actions.step(-1);
      else return;
      event.preventDefault();
    });
  }

  /** Simulated seconds in one second; undefined: as it fits what happens. */
  get speed(): number | undefined {
    return this.#speed.value === 'by itself' ? undefined : Number(this.#speed.value);
  }

  show(time: number, isPlaying: boolean): void {
    this.#play.textContent = isPlaying ? '❚❚' : '▶';
    this.#play.setAttribute('aria-label', isPlaying ? 'Pause' : 'Play');
    this.#range.value = String(time);
    this.#range.setAttribute('aria-valuetext', `${(time / TICKS_PER_SECOND).toFixed(2)} seconds`);
    this.#time.textContent = `${(time / TICKS_PER_SECOND).toFixed(2)} of ${(this.end / TICKS_PER_SECOND).toFixed(1)} s`;
  }
}
