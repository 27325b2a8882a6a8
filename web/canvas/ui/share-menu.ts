// Links to this canvas: one for those who draw, and one for those who only look.

import { linkTo, lockOf, type RoomLink } from '../model/rooms.js';
import { element, icon } from './dom.js';
import { showLink } from './dialogs.js';
import { Menu, type MenuItem } from './menu.js';

export class ShareMenu {
  readonly node: HTMLElement;

  constructor(link: RoomLink, page: { origin: string; search: string }, say: (text: string) => void) {
    const button = element(
      'button',
      { class: 'button invite', type: 'button', title: 'Links to this canvas', 'aria-label': 'Invite: links to this canvas' },
      icon('link'),
      element('span', {}, 'Invite'),
    );
    const copy = (copied: RoomLink, text: string) => () => void copyText(page.origin + linkTo(copied, page.search), text, say);
    this.node = new Menu(button, () => itemsFor(link, copy)).node;
  }
}

function itemsFor(link: RoomLink, copy: (link: RoomLink, text: string) => () => void): MenuItem[] {
  const toRead = { room: link.room };
  const read: MenuItem = { icon: 'eye', label: 'Copy link to look', note: 'Opens it, cannot draw or write', act: copy(toRead, 'The link to look is copied. Nobody can draw with it.') };
  if (lockOf(link.room) === undefined) {
    return [{ icon: 'link', label: 'Copy link', note: 'An open canvas: whoever knows its name draws', act: copy(link, 'The link to this canvas is copied.') }];
  }
  if (link.key === undefined) return [read];
  return [{ icon: 'link', label: 'Copy link to draw', note: 'Whoever has it draws with you', act: copy(link, 'The link to draw is copied.') }, read];
}

async function copyText(text: string, done: string, say: (text: string) => void): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say(done);
  } catch {
    // Without a secure connection browsers do not let pages copy; then the link is shown to be copied by hand.
    showLink(text);
  }
}
