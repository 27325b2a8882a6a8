import { describe, expect, it } from 'vitest';
import { bytes, cause, count, duration, microseconds } from './format.js';

describe('figures', () => {
  it('have the unit that fits', () => {
    expect([0, 1023, 1024, 1536, 200 * 1024, 3 * 1024 ** 3].map(bytes)).toEqual(['0 B', '1023 B', '1.0 KiB', '1.5 KiB', '200 KiB', '3.0 GiB']);
    expect([0, 0.5, 42, 999, 1200, 123_456, 5_600_000].map(count)).toEqual(['0', '0.5', '42', '999', '1.2k', '123k', '5.6M']);
    expect([0, 85, 1500, 20_300, 2_500_000].map(microseconds)).toEqual(['–', '85 µs', '1.5 ms', '20 ms', '2.5 s']);
    expect([0.4, 12, 61, 7200, 90_061].map(duration)).toEqual(['0 s', '12 s', '1 min 1 s', '2 h', '1 d 1 h']);
    expect(cause('queue_full')).toBe('queue full');
  });
});
