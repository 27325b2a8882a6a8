// Names of rooms, and where they are: `/canvas/<room>` shows the topic `canvas/<room>`.

import { sha256 } from './sha256.js';

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

/** What a link to a canvas says. */
export interface RoomLink {
  room: string;
  /** Shows to the server that one may draw in a locked room. */
  key?: string | undefined;
}

/** `/canvas/<room>#<key>`: browsers keep what follows the # to themselves, so no log and no proxy has seen the key. */
export function linkOf({ pathname, hash }: { pathname: string; hash: string }): RoomLink | undefined {
  const room = roomOf(pathname);
  const key = /^#([A-Za-z0-9_-]{1,128})$/.exec(hash)?.[1];
  return room === undefined ? undefined : { room, key: lockOf(room) === undefined ? undefined : key };
}

/** Links keep the query, which may name further nodes. */
export function linkTo({ room, key }: RoomLink, search: string): string {
  return `/canvas/${room}${search}${key === undefined ? '' : `#${key}`}`;
}

const LOCKED = /^(.*)~([A-Za-z0-9_-]{22})$/;

/** The lock in a room's name, which opens to one key only; undefined for a room in which everybody draws. */
export function lockOf(room: string): string | undefined {
  return LOCKED.exec(room)?.[2];
}

/** The room's name as people say it. */
export function shownName(room: string): string {
  return LOCKED.exec(room)?.[1] ?? room;
}

/** A locked room: its name ends in the lock of its key. */
export function lockedRoom(name: string, key: string): RoomLink {
  return { room: `${name}~${base64Url(sha256(new TextEncoder().encode(key)).subarray(0, 16))}`, key };
}

/** A key that nobody guesses. */
export function newKey(): string {
  return base64Url(crypto.getRandomValues(new Uint8Array(16)));
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
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
