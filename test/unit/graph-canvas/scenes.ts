import type { QuantTag, Scene, SceneEdge, SceneNode } from '../../../worker/protocol.ts';

export const tag = (quantizer: string, group: string | null = null): QuantTag => ({
  quantizer,
  bits: 8,
  signed: true,
  exponent: -5,
  group,
});

export function box(id: string, x: number, y: number, more: Partial<SceneNode> = {}): SceneNode {
  return {
    id,
    kind: 'layer',
    x,
    y,
    width: 200,
    height: 60,
    parent: null,
    title: id,
    subtitle: '',
    path: id,
    chips: [],
    tag: null,
    bits: null,
    count: 1,
    open: false,
    members: [id],
    leftFloat: null,
    changed: false,
    ...more,
  };
}

export function wire(from: SceneNode, to: SceneNode, more: Partial<SceneEdge> = {}): SceneEdge {
  const points = [[from.x + 100, from.y + from.height] as const, [to.x + 100, to.y] as const];
  return { id: `${from.id} → ${to.id}`, from: from.id, to: to.id, points, label: '', tag: null, at: null, control: false, ...more };
}

export function scene(nodes: readonly SceneNode[], edges: readonly SceneEdge[]): Scene {
  const width = Math.max(0, ...nodes.map((node) => node.x + node.width));
  const height = Math.max(0, ...nodes.map((node) => node.y + node.height));
  return { reading: 'layers', stage: 0, width, height, nodes, edges };
}

/** A residual block: fork at the top, a chain of two at the left, a shortcut at the right, their sum; in an open group. */
export function residual(): Scene {
  const group = box('group:unit', 0, 90, { kind: 'group', width: 500, height: 300, open: true, members: [] });
  const input = box('input', 150, 0, { kind: 'input' });
  const conv1 = box('conv1', 20, 140, { parent: group.id });
  const conv2 = box('conv2', 20, 230, { parent: group.id, tag: tag('conv2_quant', 'sum') });
  const shortcut = box('shortcut', 280, 230, {
    parent: group.id,
    tag: tag('shortcut_quant', 'sum'),
    chips: [{ text: 'W int8', tag: tag('weights_quant') }],
  });
  const add = box('add', 150, 320, { parent: group.id, kind: 'op' });
  return scene(
    [input, group, conv1, conv2, shortcut, add],
    [
      wire(input, conv1, { label: '8×8×4' }),
      wire(conv1, conv2, { label: '8×8×4' }),
      wire(input, shortcut, { label: '8×8×4' }),
      wire(conv2, add),
      wire(shortcut, add),
    ],
  );
}
