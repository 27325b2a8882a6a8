import { expect, test } from 'vitest';
import { decode } from './protocol.js';

const reading = (value: unknown) => decode(JSON.stringify(value));

test('a joined with everything', () => {
  const joined = {
    ...{ op: 'joined', id: 1, topic: 't', epoch: 'e', seq: 5, recovered: false, snapshot: { strokes: [] } },
    ...{ present: [{ session: 's', present: { name: 'Ada' } }], session: 'me', node: 'a' },
  };
  expect(reading(joined)).toEqual({ ...joined, readOnly: false });
  expect(reading({ ...joined, read_only: true })).toEqual({ ...joined, readOnly: true });
});

test('a joined without snapshot is good only if the client keeps what it has', () => {
  const joined = { op: 'joined', id: 1, topic: 't', epoch: 'e', seq: 5, session: 'me', node: 'a' };
  expect(reading({ ...joined, recovered: false })).toBeUndefined();
  expect(reading({ ...joined, recovered: true })).toMatchObject({ recovered: true, present: [] });
});

test('events, acks, errors, presence', () => {
  const event = { op: 'event', topic: 't', seq: 1, key: 'k', from: 's', data: null };
  expect(reading(event)).toEqual(event);
  expect(reading({ op: 'ack', id: 2 })).toEqual({ op: 'ack', id: 2 });
  expect(reading({ op: 'ack', id: 2, seq: 9 })).toEqual({ op: 'ack', id: 2, seq: 9 });
  expect(reading({ op: 'error', code: 'bad_request', message: 'm' })).toEqual({
    ...{ op: 'error', code: 'bad_request', message: 'm' },
  });
  expect(reading({ op: 'present', topic: 't', joined: [{ session: 's', present: 1 }, 7], left: ['x', 3] })).toEqual({
    ...{ op: 'present', topic: 't', joined: [{ session: 's', present: 1 }], left: ['x'] },
  });
});

test.each([
  ['not JSON', '{'],
  ['not an object', '[1]'],
  ['an unknown op', '{"op":"later","topic":"t"}'],
  ['an event without seq', '{"op":"event","topic":"t","data":1}'],
  ['an event with a broken seq', '{"op":"event","topic":"t","seq":1.5,"data":1}'],
  ['an ack without id', '{"op":"ack"}'],
  ['a status without available', '{"op":"status","topic":"t"}'],
])('%s is passed over', (_, text) => {
  expect(decode(text)).toBeUndefined();
});
