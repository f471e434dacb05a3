import { describe, expect, it } from 'vitest';
import { mulberry32 } from '../../../bench/syntheticNetwork.ts';
import { describeBox, hintOf } from '../../../src/graph/describe.ts';
import { boxAt, makePicture, markedGroups } from '../../../src/graph/picture.ts';
import { steppedBounds, TileIndex, touches } from '../../../src/graph/tiles.ts';
import { firstBox, step } from '../../../src/graph/walk.ts';
import { wireBounds, wirePath } from '../../../src/graph/wirePath.ts';
import { box, residual, scene, tag, wire } from './scenes.ts';

describe('what lies where', () => {
  it('finds the same rectangles as looking at all of them', () => {
    const random = mulberry32(3);
    const rects = Array.from({ length: 800 }, () => ({
      x: random() * 9000 - 500,
      y: random() * 9000 - 500,
      width: random() * 900,
      height: random() * 90,
    }));
    const index = new TileIndex(rects);
    for (let i = 0; i < 60; i++) {
      const area = { x: random() * 9000 - 800, y: random() * 9000 - 800, width: random() * 3000, height: random() * 2000 };
      expect(index.within(area)).toEqual(rects.flatMap((rect, entry) => (touches(rect, area) ? [entry] : [])));
    }
  });

  it('draws in whole steps, so that a small move changes nothing', () => {
    const at = (x: number) => steppedBounds({ x, y: 0, width: 800, height: 600 }, 160);
    expect(at(700)).toEqual(at(720));
    expect(at(700)).not.toEqual(at(1300));
    const { x, y, width, height } = at(-700);
    expect(x).toBeLessThanOrEqual(-860);
    expect(y).toBeLessThanOrEqual(-160);
    expect(x + width).toBeGreaterThanOrEqual(260);
    expect(y + height).toBeGreaterThanOrEqual(760);
  });

  it('hits the innermost box, an open group by its title row only', () => {
    const picture = makePicture(residual());
    expect(boxAt(picture, 60, 150)?.id).toBe('conv1');
    expect(boxAt(picture, 10, 100)?.id).toBe('group:unit');
    expect(boxAt(picture, 10, 300)).toBeNull();
    expect(boxAt(picture, 900, 900)).toBeNull();
  });
});

describe('wires', () => {
  it('are upright where they stand upright and leave and arrive upright elsewhere', () => {
    expect(
      wirePath([
        [10, 0],
        [10, 40],
        [90, 80],
        [90, 120],
      ]),
    ).toBe('M10 0V40C10 60 90 60 90 80V120');
    expect(wirePath([])).toBe('');
  });

  it('know the room they take', () => {
    expect(
      wireBounds([
        [10, 0],
        [90, 80],
        [-5, 120],
      ]),
    ).toEqual({ x: -5, y: 0, width: 95, height: 120 });
    expect(wireBounds([])).toEqual({ x: 0, y: 0, width: 0, height: 0 });
  });
});

describe('arrow keys', () => {
  const picture = makePicture(residual());

  it('follow wires up and down, rows sideways', () => {
    expect(step(picture, 'input', 'down')).toBe('conv1');
    expect(step(picture, 'conv1', 'down')).toBe('conv2');
    expect(step(picture, 'conv2', 'right')).toBe('shortcut');
    expect(step(picture, 'shortcut', 'left')).toBe('conv2');
    expect(step(picture, 'shortcut', 'down')).toBe('add');
    expect(step(picture, 'shortcut', 'up')).toBe('input');
    expect(step(picture, 'add', 'down')).toBeNull();
    expect(step(picture, 'conv1', 'left')).toBeNull();
  });

  it('start at the top and enter an open group at its first box', () => {
    expect(firstBox(picture)).toBe('input');
    expect(step(picture, null, 'down')).toBe('input');
    expect(step(picture, 'gone', 'up')).toBe('input');
    expect(step(picture, 'group:unit', 'down')).toBe('conv1');
    expect(step(makePicture(scene([], [])), null, 'down')).toBeNull();
  });
});

describe('shared thresholds', () => {
  it('are marked while hovered, and for the selected box where they join it to others', () => {
    const picture = makePicture(residual());
    expect([...markedGroups(picture, 'any', 'add')]).toEqual(['any']);
    expect([...markedGroups(picture, null, 'add')]).toEqual(['sum']);
    expect([...markedGroups(picture, null, 'conv2')]).toEqual(['sum']);
    expect([...markedGroups(picture, null, 'conv1')]).toEqual([]);
    expect([...markedGroups(picture, null, null)]).toEqual([]);
  });

  it('that only one box shows are not marked by selecting it', () => {
    const layer = box('layer', 0, 0, { chips: [{ text: 'B', tag: tag('bias_quant', 'layer_bias') }] });
    expect([...markedGroups(makePicture(scene([layer], [])), null, 'layer')]).toEqual([]);
  });

  it('count a rescale on a wire', () => {
    const [a, b] = [box('a', 0, 0, { tag: tag('a_quant', 'sum') }), box('b', 0, 200)];
    const picture = makePicture(scene([a, b], [wire(a, b, { tag: tag('rescale', 'sum'), at: [100, 130] })]));
    expect([...markedGroups(picture, null, 'b')]).toEqual(['sum']);
  });
});

describe('boxes in words', () => {
  it('say what is drawn', () => {
    const picture = makePicture(residual());
    const layer = box('conv', 0, 0, {
      title: 'conv1',
      subtitle: 'Conv2D 1×1 s1 · 64→64',
      chips: [{ text: 'W int8 2⁻⁷', tag: tag('w') }],
      bits: { bits: 8, signed: false },
      leftFloat: 'no bias',
      changed: true,
    });
    expect(describeBox(layer, '8×8×64')).toBe(
      'conv1, layer, Conv2D 1×1 s1 · 64→64, W int8 2⁻⁷, output uint8, shape 8×8×64, changed by this step, left in float: no bias',
    );
    expect(hintOf(layer)).toBe('conv\nLeft in float: no bias.\nChanged by this step.');
    expect(picture.labels.get('input')).toBe('8×8×4');
    expect(describeBox(box('g', 0, 0, { kind: 'group', count: 4, title: 'unit' }), undefined)).toBe('unit, closed group, 4 alike');
  });
});
