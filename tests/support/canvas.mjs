// Events of the document type `canvas/`, as docs/protocol.md says.

/** @param {string} text */
export const chat = (text, name = 'Ada') => ({ type: 'chat', name, text });

export const clear = () => ({ type: 'clear' });

/**
 * A stroke of so many points.
 * @param {string} id
 * @param {number} [points]
 */
export const stroke = (id, points = 2) => ({
  type: 'stroke', id, color: '#1f6feb', size: 6,
  points: Array.from({ length: points }, (_, n) => [n % 1600, (n * 7) % 1000]).flat(),
});
