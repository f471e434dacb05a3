import type { LayoutBox, LayoutEdge } from '../worker/scene/layout.ts';

export interface SyntheticNetwork {
  readonly boxes: readonly LayoutBox[];
  readonly edges: readonly LayoutEdge[];
}

/**
 * A network of at least `size` boxes from a seed: chains, residual blocks with identity and projection shortcuts, inception blocks with
 * four branches and skips over several blocks, as real graphs have them. With `groups`, blocks are open groups.
 */
export function syntheticNetwork(size: number, seed: number, groups = false): SyntheticNetwork {
  const boxes: LayoutBox[] = [];
  const edges: LayoutEdge[] = [];
  const random = mulberry32(seed);
  let group = -1;
  const layer = (): number => boxes.push({ width: 204, height: 66, tail: 26, parent: group, open: false }) - 1;
  const op = (): number => boxes.push({ width: 96, height: 28, tail: 26, parent: group, open: false }) - 1;
  const wire = (from: number, to: number, label = false) =>
    edges.push({ from, to, labelWidth: label ? 76 : 0, labelHeight: label ? 24 : 0 });
  const chain = (from: number, length: number): number => {
    let last = from;
    for (let i = 0; i < length; i++) {
      const next = layer();
      wire(last, next);
      last = next;
    }
    return last;
  };
  let tail = op();
  const history = [tail];
  while (boxes.length < size) {
    const kind = random();
    group = groups ? boxes.push({ width: 160, height: 32, tail: 0, parent: -1, open: true }) - 1 : -1;
    if (kind < 0.2) tail = chain(tail, 1 + Math.floor(random() * 3));
    else if (kind < 0.6) {
      const main = chain(tail, 2 + Math.floor(random() * 2));
      const add = op();
      wire(main, add);
      if (random() < 0.3) wire(chain(tail, 1), add);
      else wire(tail, add, random() < 0.5);
      tail = add;
    } else if (kind < 0.9) {
      const concat = op();
      for (let branch = 0; branch < 4; branch++) wire(chain(tail, 1 + Math.floor(random() * 3)), concat);
      tail = concat;
    } else {
      const concat = op();
      wire(tail, concat);
      wire(history[Math.max(0, history.length - 2 - Math.floor(random() * 4))] ?? tail, concat);
      tail = concat;
    }
    history.push(tail);
  }
  return { boxes, edges: unique(edges) };
}

function unique(edges: readonly LayoutEdge[]): LayoutEdge[] {
  const seen = new Set<string>();
  return edges.filter(({ from, to }) => {
    const key = `${from} ${to}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** A small seeded generator, so that every run draws the same network. */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
