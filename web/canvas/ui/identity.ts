// Who sits at this browser: a name and a colour, kept between visits.

import { readColor, NAME_MAX } from '../model/events.js';
import { randomName, type RoomLink } from '../model/rooms.js';
import { personColor } from './palette.js';

export interface Identity {
  name: string;
  color: string;
}

const NAME_KEY = 'troupe.name';
const COLOR_KEY = 'troupe.color';
const ROOMS_KEY = 'troupe.rooms';
const ROOMS_MAX = 6;

/** Storage may be forbidden; the page works without it. */
export function browserStorage(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}

function read(key: string): string | undefined {
  return browserStorage()?.getItem(key) ?? undefined;
}

function write(key: string, value: string): void {
  try {
    browserStorage()?.setItem(key, value);
  } catch {
    return;  // It is full.
  }
}

export function loadIdentity(): Identity {
  const fallback = personColor(Math.floor(Math.random() * 1_000));
  const identity = {
    name: cleanName(read(NAME_KEY) ?? '') || randomName(Math.random),
    color: readColor(read(COLOR_KEY), fallback),
  };
  saveIdentity(identity);
  return identity;
}

export function saveIdentity(identity: Identity): void {
  write(NAME_KEY, identity.name);
  write(COLOR_KEY, identity.color);
}

export function cleanName(typed: string): string {
  return typed.trim().replace(/\s+/g, ' ').slice(0, NAME_MAX).trim();
}

/** The rooms that this browser has been to, newest first, with the keys of those in which it draws. */
export function recentRooms(): RoomLink[] {
  return (read(ROOMS_KEY) ?? '').split('/').filter((link) => link !== '').map(readLink);
}

export function rememberRoom({ room, key }: RoomLink): void {
  const known = recentRooms();
  const link = { room, key: key ?? known.find((each) => each.room === room)?.key };
  const rooms = [link, ...known.filter((each) => each.room !== room)].slice(0, ROOMS_MAX);
  write(ROOMS_KEY, rooms.map((each) => (each.key === undefined ? each.room : `${each.room}#${each.key}`)).join('/'));
}

function readLink(link: string): RoomLink {
  const [room = '', key] = link.split('#');
  return { room, key };
}
