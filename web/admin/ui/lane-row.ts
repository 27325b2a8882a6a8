// One lane as a row of a table; on a phone, as a block of labelled figures.

import { element } from '../../canvas/ui/dom.js';
import type { Lane } from '../model/answers.js';
import { bytes, cause, count, microseconds } from '../model/format.js';
import { droppedMessages, type Rates } from '../model/lane-history.js';
import { Bar } from './bar.js';
import { Sparkline } from './sparkline.js';

export const COLUMNS = ['Lane', 'Sent', 'Received', 'Last minute', 'Under way', 'Queue', 'Credit waits', 'Round trip', 'Dropped'];

/** What a queue bar is full at: more is seen as a full bar. */
const QUEUE_SCALE = 16 * 1024 * 1024;

function cell(label: string, ...children: (Node | string)[]): HTMLTableCellElement {
  return element('td', { 'data-label': label }, ...children);
}

/** Two lines in a cell: the figure, and what belongs to it. */
class Pair {
  #first = element('span', { class: 'figure' });
  #second = element('span', { class: 'detail' });
  readonly cell: HTMLTableCellElement;

  constructor(label: string) {
    this.cell = cell(label, this.#first, this.#second);
  }

  update(first: string, second: string): void {
    this.#first.textContent = first;
    this.#second.textContent = second;
  }
}

export class LaneRow {
  #name = element('th', { scope: 'row' });
  #sent = new Pair('Sent');
  #received = new Pair('Received');
  #sparkline = new Sparkline();
  #underWay = new Bar();
  #queue = new Bar();
  #waits = new Pair('Credit waits');
  #roundTrip = new Pair('Round trip');
  #dropped = new Pair('Dropped');
  readonly element = element('tr', {},
    this.#name,
    this.#sent.cell,
    this.#received.cell,
    cell('Last minute', this.#sparkline.element),
    cell('Under way', this.#underWay.element),
    cell('Queue', this.#queue.element),
    this.#waits.cell,
    this.#roundTrip.cell,
    this.#dropped.cell);

  update(lane: Lane, rates: Rates): void {
    this.#name.replaceChildren(
      element('span', { class: 'figure' }, `${lane.channel} ${lane.lane}`), element('span', { class: 'detail' }, `shard ${lane.shard}`));
    this.#sent.update(`${bytes(lane.sent.bytes_per_second)}/s`, `${count(lane.sent.messages_per_second)} msg/s`);
    this.#received.update(`${bytes(lane.received.bytes_per_second)}/s`, `${count(lane.received.messages_per_second)} msg/s`);
    this.#sparkline.update(rates);
    this.#underWay.update(`${bytes(lane.under_way_bytes)} of ${bytes(lane.window_bytes)}`, lane.under_way_bytes / Math.max(1, lane.window_bytes));
    this.#queue.update(`${bytes(lane.queue_bytes)}, ${count(lane.queue_messages)} msg`, lane.queue_bytes / QUEUE_SCALE, 0.5);
    this.#waits.update(count(lane.credit_waits.count), lane.credit_waits.count > 0 ? `${microseconds(1000 * lane.credit_waits.milliseconds)} in all` : '');
    this.#roundTrip.update(microseconds(lane.round_trip_us.newest), lane.round_trip_us.count > 0 ? `p99 ${microseconds(lane.round_trip_us.p99)}` : '');
    const causes = Object.entries(lane.dropped).filter(([, messages]) => messages > 0);
    this.#dropped.update(causes.length > 0 ? causes.map(([name, messages]) => `${count(messages)} ${cause(name)}`).join(', ') : '–', '');
    this.#dropped.cell.classList.toggle('is-bad', droppedMessages(lane) > 0);
  }
}
