// All lanes: a table for each peer, its rows kept from one reading to the next.

import { element } from '../../canvas/ui/dom.js';
import type { Lane } from '../model/answers.js';
import { bytes, count } from '../model/format.js';
import { groupLanes, keyOf, sum, type LaneHistory, type PeerGroup } from '../model/lane-history.js';
import { COLUMNS, LaneRow } from './lane-row.js';

class PeerTable {
  #totals = element('p', { class: 'totals' });
  #rows = new Map<string, LaneRow>();
  readonly element: HTMLElement;

  constructor(group: PeerGroup) {
    const body = element('tbody');
    for (const lane of group.channels.flatMap(({ lanes }) => lanes)) {
      const row = new LaneRow();
      this.#rows.set(keyOf(lane), row);
      body.append(row.element);
    }
    this.element = element('section', { class: 'card peer', 'aria-label': `Lanes to ${group.peer}` },
      element('header', { class: 'peer-head' }, element('h2', {}, group.peer), this.#totals),
      element('div', { class: 'scroll' },
        element('table', {}, element('thead', {}, element('tr', {}, ...COLUMNS.map((name) => element('th', { scope: 'col' }, name)))), body)));
  }

  update(group: PeerGroup, history: LaneHistory): void {
    const lanes = group.channels.flatMap((channel) => channel.lanes);
    const total = (direction: 'sent' | 'received') =>
      `${bytes(sum(lanes, (lane) => lane[direction].bytes_per_second))}/s, ${count(sum(lanes, (lane) => lane[direction].messages_per_second))} msg/s`;
    this.#totals.replaceChildren(
      element('span', { class: 'sent' }, `↑ ${total('sent')}`), element('span', { class: 'received' }, `↓ ${total('received')}`));
    for (const lane of lanes) this.#rows.get(keyOf(lane))?.update(lane, history.of(lane));
  }
}

export class LaneTables {
  readonly element = element('div', { class: 'peers' });
  #tables: PeerTable[] = [];
  #keys = '';

  update(lanes: Lane[], history: LaneHistory): void {
    const groups = groupLanes(lanes);
    const keys = lanes.map(keyOf).sort().join();
    if (keys !== this.#keys || this.element.childElementCount === 0) {
      this.#keys = keys;
      this.#tables = groups.map((group) => new PeerTable(group));
      this.element.replaceChildren(...(groups.length > 0 ? this.#tables.map((table) => table.element) : [nobody()]));
    }
    groups.forEach((group, index) => this.#tables[index]?.update(group, history));
  }
}

function nobody(): HTMLElement {
  return element('section', { class: 'card notice' },
    element('h2', {}, 'No lanes'),
    element('p', {}, 'This node is linked with no other. Lanes appear here as soon as it is: see ', element('code', {}, 'cluster.join'), '.'));
}
