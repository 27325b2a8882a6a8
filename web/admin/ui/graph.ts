// The overlay as a live graph: nodes, links, suspects, and the tree on which a node's broadcasts travel.

import { element } from '../../canvas/ui/dom.js';
import type { Member, MembersAnswer, TreeAnswer } from '../model/answers.js';
import { type Link, linkKey, linksOf, placeMembers, SIDE, type Spot, treeOf, zonesOf } from '../model/topology.js';

const SPACE = 'http://www.w3.org/2000/svg';
const COLOURS = 6;
const UPRIGHT_MAX = 16;
const STATES = { up: 'up', suspected: 'suspected', unreachable: 'suspected', down: 'down', left: 'left' };

function svg<Name extends keyof SVGElementTagNameMap>(name: Name, attributes: Record<string, string | number> = {}): SVGElementTagNameMap[Name] {
  const made = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

/** Keeps one element for each key, so that what stays is not made anew each second. */
class Pool<Made extends Element> {
  #made = new Map<string, Made>();
  constructor(private readonly parent: Element, private readonly make: (key: string) => Made) {}

  update(keys: Iterable<string>): Map<string, Made> {
    const wanted = new Set(keys);
    for (const [key, old] of this.#made) {
      if (wanted.has(key)) continue;
      old.remove();
      this.#made.delete(key);
    }
    for (const key of wanted) {
      if (this.#made.has(key)) continue;
      const made = this.make(key);
      this.#made.set(key, made);
      this.parent.append(made);
    }
    return this.#made;
  }
}

export class Graph {
  /** Whose tree is shown; empty: nobody's. */
  root = '';
  #members: Member[] = [];
  #picture = svg('svg', { viewBox: `0 0 ${SIDE} ${SIDE}`, class: 'graph', role: 'img' });
  #lines = new Pool(this.#picture.appendChild(svg('g')), () => svg('line'));
  #branches = new Pool(this.#picture.appendChild(svg('g')), () => svg('line', { class: 'branch' }));
  #nodes = new Pool(this.#picture.appendChild(svg('g')), (name) => this.#makeNode(name));
  #overlay = element('span', { class: 'detail' });
  #choice = element('select', { class: 'field', 'aria-label': 'Tree of', onchange: () => this.#choose(this.#choice.value) });
  #words = element('p', { class: 'graph-words', role: 'status' });
  #zones = element('p', { class: 'graph-zones' });
  readonly element = element('section', { class: 'card graph-card', 'aria-label': 'Overlay' },
    element('header', { class: 'peer-head' }, element('h2', {}, 'Overlay'), this.#overlay, element('label', { class: 'graph-choice' }, 'Tree of ', this.#choice)),
    this.#picture, this.#words, this.#zones);

  /** @param onChoice Somebody chose another root. */
  constructor(private readonly onChoice: () => void) {}

  update(answer: MembersAnswer, tree: TreeAnswer | undefined): void {
    this.#members = answer.members;
    const spots = placeMembers(answer.members);
    const shown = tree?.root === this.root ? tree : undefined;
    const links = linksOf(answer.members);
    this.#overlay.textContent = `${answer.overlay}, ${links.length} ${links.length === 1 ? 'link' : 'links'}`;
    this.#picture.setAttribute('aria-label', `${answer.members.length} nodes, ${links.length} links`);
    this.#drawLinks(spots, treeOf(shown).branches);
    this.#drawNodes(spots, answer.node);
    this.#offer(answer.members.map(({ name }) => name));
    this.#say(shown);
  }

  #choose(root: string): void {
    this.root = root === this.root ? '' : root;
    this.#choice.value = this.root;
    this.onChoice();
  }

  #drawLinks(spots: Map<string, Spot>, branches: Map<string, number>): void {
    const links = linksOf(this.#members);
    const suspects = new Set(this.#members.filter(({ state }) => state !== 'up').map(({ name }) => name));
    const byKey = new Map(links.map((link) => [linkKey(link.a, link.b), link]));
    for (const [key, line] of this.#lines.update(byKey.keys())) {
      const { a, b, both } = byKey.get(key) as Link;
      this.#stretch(line, spots.get(a), spots.get(b));
      const isNear = this.root === '' || a === this.root || b === this.root;
      const kinds = ['link', !isNear && 'is-far', !both && 'is-half', (suspects.has(a) || suspects.has(b)) && 'is-suspect'];
      line.setAttribute('class', kinds.filter(Boolean).join(' '));
    }
    // Thick at the root, thinner with each hop.
    const thickest = this.#members.length > 40 ? 3.5 : 5;
    for (const [key, line] of this.#branches.update(branches.keys())) {
      const [a, b] = JSON.parse(key) as [string, string];
      this.#stretch(line, spots.get(a), spots.get(b));
      line.setAttribute('stroke-width', Math.max(1.2, thickest * 0.7 ** ((branches.get(key) ?? 1) - 1)).toFixed(1));
    }
  }

  #stretch(line: SVGLineElement, from: Spot | undefined, to: Spot | undefined): void {
    if (from === undefined || to === undefined) return;
    for (const [name, value] of Object.entries({ x1: from.x, y1: from.y, x2: to.x, y2: to.y })) line.setAttribute(name, value.toFixed(1));
  }

  #makeNode(name: string): SVGGElement {
    const choose = () => this.#choose(name);
    const made = svg('g', { tabindex: 0, role: 'button' });
    made.append(svg('title'), svg('circle', { class: 'touch' }), svg('rect', { class: 'body' }), svg('text'));
    made.addEventListener('click', choose);
    made.addEventListener('keydown', (event) => (event.key === 'Enter' || event.key === ' ') && (event.preventDefault(), choose()));
    return made;
  }

  #drawNodes(spots: Map<string, Spot>, self: string): void {
    const zones = zonesOf(this.#members);
    const byName = new Map(this.#members.map((member) => [member.name, member]));
    const size = Math.max(5, Math.min(15, 420 / this.#members.length));
    for (const [name, node] of this.#nodes.update(byName.keys())) {
      const member = byName.get(name);
      const spot = spots.get(name);
      if (member === undefined || spot === undefined) continue;
      const { state, role } = member;
      node.setAttribute('class', `node zone-${zones.indexOf(member.zone) % COLOURS} is-${STATES[state]} ${name === self ? 'is-self' : ''} ${name === this.root ? 'is-root' : ''}`);
      node.setAttribute('transform', `translate(${spot.x.toFixed(1)} ${spot.y.toFixed(1)})`);
      node.setAttribute('aria-label', `${name}, ${STATES[state]}`);
      const [title, touch, body, text] = node.children as unknown as [SVGTitleElement, SVGCircleElement, SVGRectElement, SVGTextElement];
      title.textContent = describe(member);
      touch.setAttribute('r', String(size + 5));
      // A client has corners, a server has none.
      for (const [key, value] of Object.entries({ x: -size, y: -size, width: 2 * size, height: 2 * size, rx: role === 'server' ? size : 2 })) body.setAttribute(key, String(value));
      this.#label(text, name, spot, size);
    }
    this.#zones.replaceChildren(...(zones.length < 2 ? [] : zones.map((zone, index) => element('span', { class: `zone zone-${index % COLOURS}` }, zone || 'no zone'))));
  }

  /** Few names stand upright beside their nodes, many are turned outwards, so that they leave each other room. */
  #label(text: SVGTextElement, name: string, { angle }: Spot, size: number): void {
    const isLeft = Math.cos(angle) < -1e-9;
    text.textContent = name.length > 12 ? `${name.slice(0, 11)}…` : name;
    text.setAttribute('font-size', String(Math.max(9, Math.min(18, 900 / this.#members.length))));
    if (this.#members.length <= UPRIGHT_MAX) {
      const away = size + 12;
      text.setAttribute('transform', `translate(${(away * Math.cos(angle)).toFixed(1)} ${(away * Math.sin(angle)).toFixed(1)})`);
      text.setAttribute('text-anchor', Math.abs(Math.cos(angle)) < 0.3 ? 'middle' : isLeft ? 'end' : 'start');
      return;
    }
    const degrees = (angle * 180) / Math.PI + (isLeft ? 180 : 0);
    text.setAttribute('transform', `rotate(${degrees.toFixed(1)}) translate(${isLeft ? -size - 6 : size + 6} 0)`);
    text.setAttribute('text-anchor', isLeft ? 'end' : 'start');
  }

  #offer(names: string[]): void {
    if (!names.includes(this.root)) this.root = '';
    const wanted = ['', ...names];
    if (wanted.length !== this.#choice.options.length || wanted.some((name, index) => this.#choice.options[index]?.value !== name)) {
      this.#choice.replaceChildren(...wanted.map((name) => element('option', { value: name }, name || 'nobody')));
    }
    this.#choice.value = this.root;
  }

  #say(tree: TreeAnswer | undefined): void {
    const chosen = this.#members.find(({ name }) => name === this.root);
    let words = 'Choose a node to see how its broadcasts travel.';
    if (chosen !== undefined) {
      const { depth, reached } = treeOf(tree);
      const silent = tree?.silent.map(({ name }) => name) ?? [];
      words = `${describe(chosen)}. ${tree === undefined ? 'Asking all members for its tree.' : `Its broadcasts reach ${reached - 1} ${reached === 2 ? 'node' : 'nodes'} over at most ${depth} ${depth === 1 ? 'link' : 'links'}.`}`;
      if (silent.length > 0) words += ` No answer from ${silent.join(', ')}.`;
    }
    if (this.#words.textContent !== words) this.#words.textContent = words;
  }
}

function describe({ name, state, role, zone, address, links, hops, next_hop }: Member): string {
  const way = hops > 1 ? `, ${hops} hops by ${next_hop}` : '';
  return `${name}: ${STATES[state]}, ${role}${zone ? ` in ${zone}` : ''}, ${links.length} ${links.length === 1 ? 'link' : 'links'}${way}${address ? `, ${address}` : ''}`;
}
