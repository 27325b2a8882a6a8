// Names of rooms, and where they are: `/canvas/<room>` shows the topic `canvas/<room>`.

const ROOM = /^[A-Za-z0-9._~-]{1,80}$/;

/** The room that a path names; undefined for the landing page and for names that cannot be topics. */
export function roomOf(pathname: string): string | undefined {
  const match = /^\/canvas\/([^/]+)\/?$/.exec(pathname);
  return match?.[1] !== undefined && ROOM.test(match[1]) ? match[1] : undefined;
}

/** Makes a room's name of what somebody typed; empty if nothing is left of it. */
export function toRoom(typed: string): string {
  const plain = typed.normalize('NFKD').replace(/[\u0300-\u036f]/g, '');
  return plain
    .toLowerCase()
    .replace(/[^a-z0-9._~-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 60);
}

/** Room names keep the query, which may name further nodes. */
export function roomPath(room: string, search: string): string {
  return `/canvas/${room}${search}`;
}

const FIRST = ['amber', 'bright', 'calm', 'clever', 'cosy', 'gentle', 'golden', 'quiet', 'silver', 'sunny', 'swift', 'warm'];
const SECOND = ['atelier', 'harbour', 'garden', 'kite', 'lantern', 'meadow', 'orchard', 'pebble', 'river', 'studio', 'terrace', 'window'];

function pick(words: readonly string[], random: () => number): string {
  return words[Math.floor(random() * words.length)] as string;
}

export function randomRoom(random: () => number): string {
  return `${pick(FIRST, random)}-${pick(SECOND, random)}-${100 + Math.floor(random() * 900)}`;
}

const ANIMALS = ['Badger', 'Crane', 'Dolphin', 'Falcon', 'Fox', 'Hare', 'Heron', 'Lynx', 'Marten', 'Otter', 'Owl', 'Robin'];
const MANNERS = ['Brave', 'Cheerful', 'Curious', 'Daring', 'Gentle', 'Happy', 'Kind', 'Lively', 'Merry', 'Patient', 'Quick', 'Wise'];

/** A name for somebody who has not told one. */
export function randomName(random: () => number): string {
  return `${pick(MANNERS, random)} ${pick(ANIMALS, random)}`;
}
