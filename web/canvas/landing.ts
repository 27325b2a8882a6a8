// `/`: choose a room or make a new one.

import { linkTo, lockedRoom, newKey, randomRoom, shownName, toRoom } from './model/rooms.js';
import { element, icon } from './ui/dom.js';
import { mark } from './ui/header.js';
import { cleanName, loadIdentity, recentRooms, saveIdentity } from './ui/identity.js';

export function showLanding(page: Location): void {
  document.title = 'Troupe canvas';
  const identity = loadIdentity();
  const name = element('input', { class: 'field', id: 'name', maxlength: '40', value: identity.name, autocomplete: 'nickname' });
  const room = element('input', { class: 'field', id: 'room', maxlength: '60', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', 'aria-describedby': 'room-note' });
  room.placeholder = randomRoom(Math.random);
  const enter = (event: Event) => {
    event.preventDefault();
    saveIdentity({ ...identity, name: cleanName(name.value) || identity.name });
    const named = toRoom(room.value);
    // A name that somebody thought of can be thought of by others; a made-up one comes with a key.
    page.assign(linkTo(named === '' ? lockedRoom(room.placeholder, newKey()) : { room: named }, page.search));
  };
  const form = element(
    'form',
    { class: 'landing-form', onsubmit: enter },
    element('label', { class: 'label', for: 'room' }, 'Canvas'),
    room,
    element('p', { class: 'field-note', id: 'room-note' }, 'A name opens a canvas for whoever knows it. Without one you get a canvas of your own, with links to invite others to draw or to look.'),
    element('label', { class: 'label', for: 'name' }, 'Your name'),
    name,
    element('button', { class: 'button primary large', type: 'submit' }, 'Start drawing', icon('arrow')),
  );
  document.body.replaceChildren(
    element(
      'main',
      { class: 'landing' },
      element(
        'section',
        { class: 'landing-card' },
        element('div', { class: 'brand' }, mark(), element('span', {}, 'Troupe')),
        element('h1', {}, 'One canvas, many hands.'),
        element('p', { class: 'lead' }, 'Draw together in real time. Every stroke is kept, also when a server goes away.'),
        form,
        recentList(page.search),
      ),
      illustration(),
    ),
  );
}

function recentList(search: string): HTMLElement | undefined {
  const rooms = recentRooms();
  if (rooms.length === 0) return undefined;
  const links = rooms.map((link) => element('a', { class: 'chip', href: linkTo(link, search) }, shownName(link.room)));
  return element('nav', { class: 'recent', 'aria-label': 'Canvases you have been to' }, element('span', { class: 'label' }, 'Lately'), ...links);
}

/** A sheet with a few strokes and two pointers, to show what this is. */
function illustration(): HTMLElement {
  const made = element('div', { class: 'landing-art', 'aria-hidden': 'true' });
  made.innerHTML = `
    <svg viewBox="0 0 640 460" fill="none" stroke-linecap="round" stroke-linejoin="round">
      <path stroke="#f2b705" stroke-width="12" d="M512 118a34 34 0 1 1-8-22 34 34 0 0 1 8 22"/>
      <path stroke="#f2b705" stroke-width="8" d="M478 54V38M478 198v-16M414 118h-16M558 118h-16M432 72l-11-11M535 175l-11-11M524 72l11-11M421 175l11-11"/>
      <path stroke="#2f9e44" stroke-width="11" d="M40 318c70-84 118-92 168-40M372 288c58-70 104-84 140-50s62 40 92 24"/>
      <path stroke="#0ca5a5" stroke-width="9" d="M60 372c44-22 84 18 130 0s84 18 130 0 84 18 130 0 84 16 132-2"/>
      <path stroke="#1f6feb" stroke-width="6" d="M112 412c36-14 66 14 104 0s66 14 104 0 66 14 104 0 58 12 96-2"/>
      <path stroke="#1d2129" stroke-width="6" d="M286 322V136M288 142c44 34 72 82 82 142-30 12-56 16-82 14M284 176c-28 30-48 66-58 108 20 10 38 14 58 14M206 324c52 18 128 18 176-2-10 36-40 52-88 50s-78-20-88-48"/>
      <path stroke="#e03131" stroke-width="7" d="M108 120c10-20 30-20 36 0 8-20 28-18 36 0"/>
      <path stroke="#e03131" stroke-width="5" d="M72 172c7-13 20-13 24 0 6-13 19-12 24 0"/>
    </svg>
    <span class="art-cursor one"><svg viewBox="0 0 16 18" width="18" height="20"><path d="M1.5 1.5l12 5.8-5.4 1.6-2.7 5.3z"/></svg><b>Ada</b></span>
    <span class="art-cursor two"><svg viewBox="0 0 16 18" width="18" height="20"><path d="M1.5 1.5l12 5.8-5.4 1.6-2.7 5.3z"/></svg><b>Noor</b></span>`;
  return made;
}
