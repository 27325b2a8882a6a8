import { expect, test } from 'vitest';
import { NO_SHIFT, type Element } from './events.js';
import { svgOf } from './svg.js';

const stroke = (more: object): Element => ({ id: 's', color: '#112233', size: 4, points: [1, 2, 3, 4], erase: false, shift: NO_SHIFT, ...more });
const linesOf = (...elements: Element[]) => svgOf(elements).split('\n');

test('a document of its own, on paper', () => {
  const [root, paper] = linesOf();
  expect(root).toContain('viewBox="0 0 1600 1000"');
  expect(paper).toBe('<rect width="1600" height="1000" fill="#ffffff"/>');
});

test('strokes are the curves of the screen, moved and all', () => {
  expect(linesOf(stroke({}))).toContain('<path d="M1 2L3 4" stroke="#112233" stroke-width="4"/>');
  expect(svgOf([stroke({ points: [0, 0, 10, 0, 10, 10], shift: { dx: 0.5, dy: 1 } })])).toContain('d="M0.5 1Q10.5 1 10.5 6L10.5 11"');
  expect(svgOf([stroke({ points: [5, 6] })])).toContain('d="M5 6L5 6"');
});

test('an eraser is paper', () => {
  expect(svgOf([stroke({ erase: true })])).toContain('stroke="#ffffff"');
});

test('texts say what they say, whatever that is', () => {
  const text: Element = { id: 't', color: '#112233', size: 20, x: 10, y: 20, text: 'a <b> & "c"\nsecond\u0001', shift: NO_SHIFT };
  const svg = svgOf([text]);
  expect(svg).toContain('<tspan x="10" y="39">a &lt;b&gt; &amp; "c"</tspan><tspan x="10" y="64">second</tspan>');
});
