import { expect, test } from 'vitest';
import { Viewport } from './viewport.js';

function viewport(width: number, height: number, margin = 0): Viewport {
  const made = new Viewport();
  made.setStage(width, height, margin);
  return made;
}

test('the sheet is fitted into the stage and centred', () => {
  expect(viewport(1600, 1200).placement).toEqual({ left: 0, top: 100, width: 1600, height: 1000 });
  expect(viewport(1000, 500).placement).toEqual({ left: 100, top: 0, width: 800, height: 500 });
  expect(viewport(420, 800, 10).placement).toMatchObject({ left: 10, width: 400, height: 250 });
});

test('points of the stage become points of the plane', () => {
  expect(viewport(800, 700).toPlane(400, 350)).toEqual({ x: 800, y: 500 });
});

test('zooming keeps what is under the fingers there', () => {
  const view = viewport(1600, 1000);
  const before = view.toPlane(300, 700);
  view.zoomBy(3, 300, 700);
  const after = view.toPlane(300, 700);
  expect(after.x).toBeCloseTo(before.x);
  expect(after.y).toBeCloseTo(before.y);
  expect(view.placement.width).toBeCloseTo(4800);
});

test('zoom and movement have limits', () => {
  const view = viewport(1600, 1000);
  view.zoomBy(0.1, 0, 0);
  expect(view.zoom).toBe(1);
  view.zoomBy(100, 800, 500);
  expect(view.zoom).toBe(8);
  view.panBy(1e6, -1e6);
  expect(view.toPlane(0, 1000)).toEqual({ x: 0, y: 1000 });
  view.fit();
  expect(view.placement).toEqual({ left: 0, top: 0, width: 1600, height: 1000 });
});

test('before the stage has a size nothing is divided by zero', () => {
  const { x, y } = new Viewport().toPlane(1, 1);
  expect(Number.isFinite(x) && Number.isFinite(y)).toBe(true);
});
