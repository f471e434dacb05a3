import {
  type Child,
  collapseSingles,
  countBoxes,
  dissolve,
  onCycles,
  type Quotients,
  quotients,
  type Scope,
  scopesOf,
  scopeTree,
} from '../groups.ts';
import type { Box, Diagram } from '../structure.ts';

/** A scope with this share of the boxes is the network itself, not a part of it. */
const NETWORK_SHARE = 0.7;
/** A branch of a block has its own frame from this many boxes on. */
const LARGE_BRANCH = 9;
/** Operations without a layer among them are framed from this many on. */
const MANY_OPS = 5;

/**
 * LAY6: groups of the Layers reading: scopes that an engineer would frame. The network's own scope, frames around one or two boxes,
 * around a few operations, around nothing but frames and around small branches of a block are left out, and so are scopes that a wire leaves and enters again.
 * LAY7: equal blocks behind each other are one group with a count.
 */
export function groupLayers(diagram: Diagram): Scope {
  const root = scopeTree(diagram);
  collapseSingles(root);
  dissolveNetwork(root, diagram);
  for (const scope of scopesOf(root).reverse()) {
    if (scope.parent !== null && scope.boxes.size === 0 && scope.groups.size > 0) dissolve(scope, true);
  }
  dissolveCycles(root, diagram);
  dissolveSmall(root, diagram);
  collapseSingles(root);
  foldRepeats(root, diagram);
  return root;
}

function dissolveNetwork(root: Scope, diagram: Diagram): void {
  const inner = diagram.boxes.filter(({ kind }) => kind === 'layer' || kind === 'op').length;
  let dissolved: string | null = null;
  for (;;) {
    const counts = countBoxes(root);
    // `Net/Net`: the layers of a network beside its `Net/Logits`.
    const network: Scope | undefined = [...root.groups].find(
      (group) => group.title === dissolved || (counts.get(group) ?? 0) > inner * NETWORK_SHARE,
    );
    if (network === undefined) return;
    dissolved = network.title;
    dissolve(network, false);
  }
}

/** A frame that a wire leaves and enters again would make that wire run upwards. */
function dissolveCycles(root: Scope, diagram: Diagram): void {
  for (;;) {
    const levels = quotients(root, diagram);
    let dissolved = false;
    for (const edges of levels.values()) {
      for (const child of onCycles(edges)) {
        if (typeof child === 'number') continue;
        dissolve(child, true);
        dissolved = true;
      }
    }
    if (!dissolved) return;
  }
}

function dissolveSmall(root: Scope, { boxes }: Diagram): void {
  for (const scope of scopesOf(root).reverse()) {
    if (scope.parent === null || scope.groups.size > 0) continue;
    const { size } = scope.boxes;
    const nested = scope.parent.parent !== null;
    const layers = [...scope.boxes].some((box) => boxes[box]?.kind === 'layer');
    if (size <= 2 || (nested && size < LARGE_BRANCH) || (!layers && size < MANY_OPS)) dissolve(scope, false);
  }
}

function foldRepeats(root: Scope, diagram: Diagram): void {
  const levels = quotients(root, diagram);
  const likeness = likenessOf(root, diagram.boxes, levels, (box) => box.likeness);
  for (const scope of scopesOf(root)) {
    const edges = levels.get(scope) ?? new Map<Child, ReadonlySet<Child>>();
    const feeders = new Map<Child, number>();
    for (const readers of edges.values()) for (const reader of readers) feeders.set(reader, (feeders.get(reader) ?? 0) + 1);
    const next = (group: Scope): Scope | null => {
      const readers = [...(edges.get(group) ?? [])];
      const [reader] = readers;
      if (readers.length !== 1 || reader === undefined || typeof reader === 'number') return null;
      return feeders.get(reader) === 1 && likeness.get(reader) === likeness.get(group) ? reader : null;
    };
    const followers = new Set([...scope.groups].map(next));
    for (const first of [...scope.groups]) {
      if (followers.has(first)) continue;
      const run = [first];
      for (let group = next(first); group !== null; group = next(group)) run.push(group);
      if (run.length > 1) fold(scope, run);
    }
  }
}

function fold(parent: Scope, run: readonly Scope[]): void {
  const first = run[0] as Scope;
  const last = run.at(-1) as Scope;
  const folded: Scope = {
    path: `${first.path}…${last.path.slice(last.path.lastIndexOf('/') + 1)}`,
    title: `${first.title} … ${last.title.split(' / ').at(-1)}`,
    parent,
    groups: new Set(run),
    boxes: new Set(),
    count: run.length,
  };
  for (const group of run) {
    parent.groups.delete(group);
    group.parent = folded;
  }
  parent.groups.add(folded);
}

/** A number per scope, equal where two scopes hold equal boxes, wired equally. Names play no part. */
export function likenessOf(
  root: Scope,
  boxes: readonly Box[],
  levels: Quotients,
  boxLikeness: (box: Box) => string,
): ReadonlyMap<Scope, number> {
  const numbers = new Map<string, number>();
  const found = new Map<Scope, number>();
  for (const scope of scopesOf(root).reverse()) {
    const children: Child[] = [...scope.boxes, ...scope.groups];
    const place = new Map(children.map((child, i) => [child, i]));
    const held = children.map((child) => (typeof child === 'number' ? boxLikeness(boxes[child] as Box) : `#${found.get(child)}`));
    const wires = [...(levels.get(scope) ?? [])].flatMap(([from, readers]) =>
      [...readers].map((to) => `${place.get(from)}>${place.get(to)}`),
    );
    const text = `${held.join('\n')}\n${wires.sort().join(' ')}`;
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    found.set(scope, number);
  }
  return found;
}
