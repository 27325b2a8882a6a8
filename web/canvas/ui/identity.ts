// Who sits at this browser: a name and a colour, kept between visits.

import { readColor, NAME_MAX } from '../model/events.js';
import { randomName } from '../model/rooms.js';
import { personColor } from './palette.js';

export interface Identity {
  name: string;
  color: string;
}

const NAME_KEY = 'troupe.name';
const COLOR_KEY = 'troupe.color';
const ROOMS_KEY = 'troupe.rooms';
const ROOMS_MAX = 6;

// Storage may be forbidden or full; the page works without it.
function read(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    return;
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

/** The rooms that this browser has been to, newest first. */
export function recentRooms(): string[] {
  return (read(ROOMS_KEY) ?? '').split('/').filter((room) => room !== '');
}

export function rememberRoom(room: string): void {
  const rooms = [room, ...recentRooms().filter((each) => each !== room)];
  write(ROOMS_KEY, rooms.slice(0, ROOMS_MAX).join('/'));
}
