import { expect, test } from 'vitest';
import { AddressRing, socketUrl } from './addresses.js';

test('an address becomes the URL of the socket', () => {
  expect(socketUrl('localhost:8080')).toBe('ws://localhost:8080/api/v1/socket');
  expect(socketUrl('http://a.example:80/')).toBe('ws://a.example:80/api/v1/socket');
  expect(socketUrl('https://a.example')).toBe('wss://a.example/api/v1/socket');
  expect(socketUrl('wss://[::1]:8443')).toBe('wss://[::1]:8443/api/v1/socket');
  expect(() => socketUrl('')).toThrow(RangeError);
});

test('the ring goes round', () => {
  const ring = new AddressRing(['a:1', 'b:1']);
  const seen = [ring.current];
  ring.advance();
  seen.push(ring.current);
  ring.advance();
  seen.push(ring.current);
  expect(seen).toEqual(['a:1', 'b:1', 'a:1']);
});

test('the same node under two spellings counts once, and the first spelling stays', () => {
  expect(new AddressRing(['a:1', 'b:1', 'http://a:1']).all).toEqual(['a:1', 'b:1']);
});

test('a new list keeps the current address where it can', () => {
  const ring = new AddressRing(['a:1', 'b:1']);
  ring.advance();
  ring.replace(['c:1', 'b:1', 'a:1']);
  expect(ring.current).toBe('b:1');
  ring.replace(['d:1']);
  expect(ring.current).toBe('d:1');
});

test('an empty list is a mistake of the caller', () => {
  expect(() => new AddressRing([])).toThrow(RangeError);
});
