import { expect, test } from 'vitest';
import { memberAddresses, pageAddresses } from './addresses.js';

const page = { protocol: 'http:', host: 'a.example:8080', hostname: 'a.example', search: '' };

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
  expect(memberAddresses(answer, page)).toEqual(['ws://b.example:80', 'ws://c.example:81', 'ws://a.example']);
});

test.each(['0.0.0.0:9', ':9', '[::]:9', '127.0.0.1:9', 'localhost:9', 'http://[::1]:9'])(
  '%s is reached where the page came from',
  (http) => {
    expect(memberAddresses({ members: [{ http }] }, page)).toEqual(['ws://a.example:9']);
  },
);

test('nonsense gives nothing', () => {
  for (const answer of [null, 'x', {}, { members: 3 }, { members: [{ http: 'a b c' }] }]) {
    expect(memberAddresses(answer, { ...page, hostname: '' })).toEqual([]);
  }
});
