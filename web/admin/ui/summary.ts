// The node in a few figures.

import { element } from '../../canvas/ui/dom.js';
import type { NodeAnswer } from '../model/answers.js';
import { bytes, cause, count, duration } from '../model/format.js';

function tile(label: string, value: string, detail = '', bad = false): HTMLElement {
  return element('div', { class: bad ? 'tile is-bad' : 'tile' }, element('dt', {}, label), element('dd', { class: 'figure' }, value), element('dd', { class: 'detail' }, detail));
}

function worst(letters: Record<string, number>): string {
  const [first] = Object.entries(letters).sort(([, a], [, b]) => b - a);
  return first && first[1] > 0 ? `most: ${cause(first[0])}` : '';
}

export function summary(node: NodeAnswer): HTMLElement {
  const letters = Object.values(node.dead_letters).reduce((total, letter) => total + letter, 0);
  return element('dl', { class: 'card tiles' },
    tile('Uptime', duration(node.uptime_seconds), `incarnation ${node.incarnation}`),
    tile('Process', String(node.process), node.address),
    tile('Members up', `${node.members_up} of ${node.members}`, '', node.members_up < node.members),
    tile('Clients', count(node.clients), node.http),
    tile('Actors', count(node.actors), `on ${node.shards} ${node.shards === 1 ? 'shard' : 'shards'}`),
    tile('Memory', bytes(node.memory_bytes)),
    tile('Dead letters', count(letters), worst(node.dead_letters)));
}
