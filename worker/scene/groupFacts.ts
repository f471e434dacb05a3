import type { QuantTag, Reading, SceneNode } from '../protocol.ts';
import { type Scope, scopesOf } from './groups.ts';
import type { Hierarchy } from './hierarchy.ts';
import type { Box } from './structure.ts';

/** What a group's box says about what it holds. */
export interface GroupFacts {
  readonly subtitle: string;
  readonly changed: boolean;
  readonly leftFloat: string | null;
}

/** Facts of every group, each box counted once on its way up. */
export function groupFacts({ root, diagram }: Hierarchy, reading: Reading): ReadonlyMap<Scope, GroupFacts> {
  const sums = new Map<Scope, Sum>();
  for (const scope of scopesOf(root).reverse()) {
    const sum: Sum = { layers: 0, boxes: 0, weights: 0, changed: false, leftFloat: 0 };
    for (const index of scope.boxes) {
      const box = diagram.boxes[index] as Box;
      if (box.kind === 'layer') sum.layers++;
      sum.boxes++;
      sum.weights += box.weights;
      sum.changed ||= box.changed;
      if (box.leftFloat !== null) sum.leftFloat++;
    }
    for (const group of scope.groups) {
      const inner = sums.get(group) as Sum;
      sum.layers += inner.layers;
      sum.boxes += inner.boxes;
      sum.weights += inner.weights;
      sum.changed ||= inner.changed;
      sum.leftFloat += inner.leftFloat;
    }
    sums.set(scope, sum);
  }
  return new Map([...sums].map(([scope, sum]) => [scope, factsOf(scope, sum, reading)]));
}

interface Sum {
  layers: number;
  boxes: number;
  weights: number;
  changed: boolean;
  leftFloat: number;
}

function factsOf(scope: Scope, sum: Sum, reading: Reading): GroupFacts {
  const each = scope.count;
  const what =
    reading === 'nodes'
      ? plural(sum.boxes, 'node')
      : sum.layers > 0
        ? plural(Math.round(sum.layers / each), 'layer')
        : plural(Math.round(sum.boxes / each), 'op');
  const parts = [each > 1 ? `×${each}` : '', what, sum.weights > 0 ? `${amount(sum.weights / each)} weights` : ''];
  return {
    subtitle: parts.filter((part) => part !== '').join(' · '),
    changed: sum.changed,
    leftFloat: sum.leftFloat === 0 ? null : `${plural(sum.leftFloat, 'box', 'boxes')} in it left in float`,
  };
}

/** The bits that leave a closed group: of its one output, or what several outputs agree on. */
export function groupOutput(
  diagram: Hierarchy['diagram'],
  origins: ReadonlySet<number>,
): { readonly tag: QuantTag | null; readonly bits: SceneNode['bits'] } {
  const boxes = [...origins].map((index) => diagram.boxes[index] as Box);
  const [first] = boxes;
  if (first === undefined) return { tag: null, bits: null };
  const agree = boxes.every(({ bits }) => bits?.bits === first.bits?.bits && bits?.signed === first.bits?.signed);
  return { tag: boxes.length === 1 ? first.tag : null, bits: agree ? first.bits : null };
}

function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

/** `75 k`, `1.2 M`. */
function amount(count: number): string {
  if (count >= 999_500) return `${trim(count / 1e6)} M`;
  if (count >= 1000) return `${trim(count / 1e3)} k`;
  return String(Math.round(count));
}

function trim(value: number): string {
  return value >= 10 ? String(Math.round(value)) : value.toFixed(1).replace(/\.0$/, '');
}
