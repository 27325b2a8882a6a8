// Plays a simulated run back: who knew whom, what failed and healed, how broadcasts travelled.

import '../admin/styles/page.css';
import '../admin/styles/table.css';
import '../admin/styles/graph.css';
import '../admin/styles/phone.css';
import './styles/replay.css';
import { notice } from '../admin/ui/sign-in.js';
import { element } from '../canvas/ui/dom.js';
import { Pace } from './model/pace.js';
import { Player } from './model/player.js';
import { readRecord, type RunRecord, TICKS_PER_SECOND } from './model/record.js';
import { readTimeline } from './model/timeline.js';
import { Chart } from './ui/chart.js';
import { Controls } from './ui/controls.js';
import { EventList } from './ui/event-list.js';
import { Matrix } from './ui/matrix.js';
import { Picture } from './ui/picture.js';
import { readTheme } from './ui/theme.js';
import { Tiles } from './ui/tiles.js';

/** A page that was hidden goes on where it was, not where it would be. */
const FRAME_MS_MAX = 100;

class Replay {
  #player: Player;
  #pace: Pace;
  #controls: Controls;
  #chart: Chart;
  #list: EventList;
  #tiles: Tiles;
  #matrix: Matrix;
  #picture: Picture;
  #words = element('p', { class: 'graph-words', role: 'status' });
  #isPlaying = false;
  #previous = 0;
  #isScheduled = false;

  constructor(private readonly record: RunRecord) {
    const { entries, curves } = readTimeline(record);
    const theme = readTheme(() => this.#redraw(true));
    this.#player = new Player(record);
    this.#pace = new Pace(entries, this.#player.hops.map((hops, index) => ({ when: record.broadcasts[2 * index] as number, hops })));
    this.#controls = new Controls(record.end, { play: () => this.play(), step: (direction) => this.#step(direction), seek: (time) => this.seek(time) });
    this.#chart = new Chart(curves, record.end, (time) => this.seek(time));
    this.#list = new EventList(entries, (time) => this.seek(time));
    this.#tiles = new Tiles(this.#player);
    this.#matrix = new Matrix(this.#player, theme);
    this.#picture = new Picture(this.#player, theme, () => this.#redraw(true));
    document.body.append(this.#header(), element('main', { class: 'replay' },
      element('section', { class: 'card stage', 'aria-label': 'The cluster' }, this.#picture.element, this.#words, this.#keys()),
      element('section', { class: 'card deck', 'aria-label': 'Playing' }, this.#controls.element, this.#chart.element),
      this.#tiles.element, this.#list.element, this.#matrix.element));
    addEventListener('resize', () => this.#redraw(true));
    this.#redraw(true);
  }

  #header(): HTMLElement {
    const { overlay, zones, seed, failure, is_full: isFull, end, simulated_seconds: simulated, command } = this.record;
    const status = failure === '' ? element('p', { class: 'status is-good' }, 'all that was promised held') : element('p', { class: 'status is-bad' }, failure);
    document.title = `${overlay}, ${zones.length} nodes – Troupe, a simulated run`;
    return element('header', { class: 'top' }, element('span', { class: 'brand' }, 'Troupe'), element('h1', { class: 'title' }, `${overlay}, ${zones.length} nodes, seed ${seed}`), status,
      element('p', { class: 'command' }, element('code', {}, command)),
      isFull ? element('p', { class: 'problem' }, `The record was full after ${(end / TICKS_PER_SECOND).toFixed(1)} of ${simulated.toFixed(1)} simulated seconds. Fewer nodes, or more --html-entries, show the rest.`) : undefined);
  }

  #keys(): HTMLElement {
    const keys = [['blue', 'broadcast'], ['wait', 'repair'], ['vain', 'came again, or lost'], ['good', 'new link'], ['bad', 'link lost']];
    return element('p', { class: 'keys' }, ...keys.map(([kind, text]) => element('span', { class: `key key-${kind}` }, text)));
  }

  play(): void {
    this.#isPlaying = !this.#isPlaying;
    if (this.#isPlaying && this.#player.time >= this.record.end) this.#player.seek(0);
    this.#previous = performance.now();
    this.#redraw(false);
  }

  seek(time: number): void {
    this.#player.seek(Math.max(0, Math.min(this.record.end, time)));
    this.#redraw(false);
  }

  #step(direction: 1 | -1): void {
    const { time } = this.#player;
    this.seek((direction === 1 ? this.#list.next(time) : this.#list.previous(time)) ?? (direction === 1 ? this.record.end : 0));
  }

  #redraw(isForced: boolean): void {
    if (isForced) this.#matrix.draw(true);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame((now) => this.#frame(now));
  }

  #frame(now: number): void {
    this.#isScheduled = false;
    const player = this.#player;
    if (this.#isPlaying) {
      const elapsed = Math.max(0, Math.min(FRAME_MS_MAX, now - this.#previous)) / 1_000;
      this.#previous = now;
      player.seek(Math.min(this.record.end, player.time + elapsed * (this.#controls.speed ?? this.#pace.at(player.time)) * TICKS_PER_SECOND));
      this.#isPlaying = player.time < this.record.end;
    }
    const isMoving = this.#picture.draw();
    this.#controls.show(Math.round(player.time), this.#isPlaying);
    this.#chart.show(player.time);
    this.#list.show(player.time);
    this.#tiles.show();
    this.#matrix.draw(false);
    this.#tellOfChosen();
    if (this.#isPlaying || isMoving) this.#redraw(false);
  }

  #tellOfChosen(): void {
    const { chosen } = this.#picture;
    const player = this.#player;
    const words = chosen < 0 ? 'Choose a node to see its links.'
      : `n${chosen}, zone ${this.record.zones[chosen]}: ${player.alive[chosen] ? `lives, ${player.linksOf(chosen)} links` : 'is not there'}; ${player.up[chosen]} hold it up, ${player.suspected[chosen]} suspect it, for ${player.gone[chosen]} it is gone.`;
    if (this.#words.textContent !== words) this.#words.textContent = words;
  }

  /** For tests, and for the curious. */
  state() {
    const { time, living, known, sides, links, broadcast } = this.#player;
    return { time: time / TICKS_PER_SECOND, end: this.record.end / TICKS_PER_SECOND, playing: this.#isPlaying, living, known, split: sides.length > 0, links: links.size, broadcast, reached: this.#player.reached(broadcast).length };
  }
}

try {
  Object.assign(window, { troupeReplay: new Replay(readRecord(document.getElementById('record')?.textContent ?? '')) });
} catch (error) {
  document.body.append(notice('Nothing to play', error instanceof Error ? error.message : String(error)));
}
