import { expect, test } from 'vitest';
import { pageAddresses, readCluster } from './addresses.js';

const page = { protocol: 'http:', host: 'a.example:8080', hostname: 'a.example', search: '' };
const addressesIn = (answer: unknown, from = page) => readCluster(answer, from).addresses;

test('the own origin comes first, then the query', () => {
  expect(pageAddresses({ ...page, search: '?nodes=b.example:1,%20c.example:2,,' })).toEqual([
    'ws://a.example:8080',
    'ws://b.example:1',
    'ws://c.example:2',
  ]);
});

test('a secure page uses secure sockets', () => {
  expect(pageAddresses({ ...page, protocol: 'https:', host: 'a.example' })).toEqual(['wss://a.example']);
});

test('members by their http address, with or without scheme', () => {
  const answer = { members: [{ http: 'b.example:80' }, { http: 'http://c.example:81/' }, { http: '' }, {}, null] };
  expect(addressesIn(answer)).toEqual(['ws://b.example:80', 'ws://c.example:81', 'ws://a.example']);
});

test.each(['0.0.0.0:9', ':9', '[::]:9', '127.0.0.1:9', 'localhost:9', 'http://[::1]:9'])(
  '%s is reached where the page came from',
  (http) => {
    expect(addressesIn({ members: [{ http }] })).toEqual(['ws://a.example:9']);
  },
);

test('who is up, and who has gone for good', () => {
  const members = [{ name: 'a', state: 'up' }, { name: 'b', state: 'down' }, { name: 'c', state: 'left' }, { name: 'd', state: 'up' }];
  expect(readCluster({ members }, page)).toEqual({ addresses: [], up: ['a', 'd'], total: 3 });
});

test('nonsense gives nothing', () => {
  for (const answer of [null, 'x', {}, { members: 3 }, { members: [{ http: 'a b c' }] }]) {
    expect(addressesIn(answer, { ...page, hostname: '' })).toEqual([]);
  }
});
