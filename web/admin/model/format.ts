// Figures as people read them.

const SIZES = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytes(value: number): string {
  let unit = 0;
  for (; value >= 1024 && unit + 1 < SIZES.length; ++unit) value /= 1024;
  return `${value.toFixed(unit === 0 || value >= 100 ? 0 : 1)} ${SIZES[unit]}`;
}

/** 950, 1.2k, 34k, 5.6M */
export function count(value: number): string {
  for (const [size, letter] of [[1e9, 'G'], [1e6, 'M'], [1e3, 'k']] as const) {
    if (value >= size) return `${(value / size).toFixed(value >= 100 * size ? 0 : 1)}${letter}`;
  }
  return value.toFixed(value > 0 && value < 10 && value % 1 !== 0 ? 1 : 0);
}

export function microseconds(value: number): string {
  if (value === 0) return '–';
  if (value < 1000) return `${value.toFixed(0)} µs`;
  return value < 1e6 ? `${(value / 1e3).toFixed(value < 1e4 ? 1 : 0)} ms` : `${(value / 1e6).toFixed(1)} s`;
}

/** The two largest units: "3 d 4 h", "12 s". */
export function duration(seconds: number): string {
  const whole = Math.floor(seconds);
  const parts: [number, string][] = [
    [Math.floor(whole / 86400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  if (first < 0) return '0 s';
  return parts.slice(first, first + 2).filter(([value]) => value > 0).map(([value, unit]) => `${value} ${unit}`).join(' ');
}

/** A cause as the node names it: "queue_full". */
export function cause(name: string): string {
  return name.replaceAll('_', ' ');
}
