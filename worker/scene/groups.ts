import type { Diagram } from './structure.ts';

/** A scope of boxes while groups are still being made and dissolved. */
export interface Scope {
  /** Path of the scope; the root's is empty. */
  path: string;
  /** What it is called inside its parent. */
  title: string;
  parent: Scope | null;
  readonly groups: Set<Scope>;
  readonly boxes: Set<number>;
  /** Equal blocks folded into one; 1 for a plain scope. */
  count: number;
}

/** Boxes by scope, as their paths say. `boxAsMember`: a box whose own path is a scope lies in that scope. */
export function scopeTree(diagram: Diagram): Scope {
  const root: Scope = { path: '', title: '', parent: null, groups: new Set(), boxes: new Set(), count: 1 };
  const known = new Map<string, Scope>([['', root]]);
  diagram.boxes.forEach((box, index) => {
    scopeAt(known, root, box.scope).boxes.add(index);
  });
  return root;
}

function scopeAt(known: Map<string, Scope>, root: Scope, path: string): Scope {
  const found = known.get(path);
  if (found !== undefined) return found;
  let parent = root;
  for (let slash = path.indexOf('/'); ; slash = path.indexOf('/', slash + 1)) {
    const prefix = slash < 0 ? path : path.slice(0, slash);
    let scope = known.get(prefix);
    if (scope === undefined) {
      scope = { path: prefix, title: prefix.slice(prefix.lastIndexOf('/') + 1), parent, groups: new Set(), boxes: new Set(), count: 1 };
      known.set(prefix, scope);
      parent.groups.add(scope);
    }
    parent = scope;
    if (slash < 0) return scope;
  }
}

/** All scopes, a parent before what it holds. */
export function scopesOf(root: Scope): Scope[] {
  const scopes = [root];
  for (const scope of scopes) scopes.push(...scope.groups);
  return scopes;
}

/** Lifts what a scope holds into its parent; with `named`, scopes that it held keep its name before theirs. */
export function dissolve(scope: Scope, named: boolean): void {
  const { parent } = scope;
  if (parent === null) return;
  parent.groups.delete(scope);
  for (const group of scope.groups) {
    group.parent = parent;
    if (named) group.title = `${scope.title} / ${group.title}`;
    parent.groups.add(group);
  }
  for (const box of scope.boxes) parent.boxes.add(box);
}

/** A scope that holds one thing only adds nothing: a lone box moves up, a lone scope takes the outer one's name. */
export function collapseSingles(root: Scope): void {
  for (const scope of scopesOf(root).reverse()) {
    if (scope.parent === null || scope.groups.size + scope.boxes.size !== 1) continue;
    const [inner] = scope.groups;
    if (inner !== undefined) {
      inner.title = scope.title;
      inner.path = scope.path;
    }
    dissolve(scope, false);
  }
}

/** Boxes in a scope and all scopes in it. */
export function countBoxes(root: Scope): Map<Scope, number> {
  const counts = new Map<Scope, number>();
  for (const scope of scopesOf(root).reverse()) {
    let count = scope.boxes.size;
    for (const group of scope.groups) count += counts.get(group) ?? 0;
    counts.set(scope, count);
  }
  return counts;
}

/** Index of the first box in each scope: its place in reading order. */
export function firstBoxes(root: Scope): ReadonlyMap<Scope, number> {
  const first = new Map<Scope, number>();
  for (const scope of scopesOf(root).reverse()) {
    let least = Number.POSITIVE_INFINITY;
    for (const box of scope.boxes) least = Math.min(least, box);
    for (const group of scope.groups) least = Math.min(least, first.get(group) ?? least);
    first.set(scope, least);
  }
  return first;
}

/** A box or a scope, as one thing in its parent. */
export type Child = number | Scope;

/** Wires between the children of each scope, once per pair. */
export type Quotients = ReadonlyMap<Scope, ReadonlyMap<Child, ReadonlySet<Child>>>;

/** Each wire at the level where its ends part. Costs wires · depth. */
export function quotients(root: Scope, diagram: Diagram): Quotients {
  const scopeOf = new Map<number, Scope>();
  const depth = new Map<Scope, number>([[root, 0]]);
  for (const scope of scopesOf(root)) {
    for (const box of scope.boxes) scopeOf.set(box, scope);
    for (const group of scope.groups) depth.set(group, (depth.get(scope) ?? 0) + 1);
  }
  const found = new Map<Scope, Map<Child, Set<Child>>>();
  for (const wire of diagram.wires) {
    let from: Child = wire.from;
    let to: Child = wire.to;
    let above = scopeOf.get(wire.from) ?? root;
    let below = scopeOf.get(wire.to) ?? root;
    while (above !== below) {
      if ((depth.get(above) ?? 0) >= (depth.get(below) ?? 0)) {
        from = above;
        above = above.parent ?? root;
      } else {
        to = below;
        below = below.parent ?? root;
      }
    }
    const level = found.get(above) ?? new Map<Child, Set<Child>>();
    found.set(above, level);
    const targets = level.get(from);
    if (targets === undefined) level.set(from, new Set([to]));
    else targets.add(to);
  }
  return found;
}

/** Children of a scope that lie on a cycle with another child, by Tarjan's algorithm without recursion. */
export function onCycles(edges: ReadonlyMap<Child, ReadonlySet<Child>>): Set<Child> {
  const index = new Map<Child, number>();
  const low = new Map<Child, number>();
  const stack: Child[] = [];
  const onStack = new Set<Child>();
  const found = new Set<Child>();
  for (const root of edges.keys()) {
    if (index.has(root)) continue;
    const visits: { readonly child: Child; readonly rest: Iterator<Child> }[] = [];
    const enter = (child: Child) => {
      index.set(child, index.size);
      low.set(child, index.size - 1);
      stack.push(child);
      onStack.add(child);
      visits.push({ child, rest: (edges.get(child) ?? new Set<Child>()).values() });
    };
    enter(root);
    for (let visit = visits.at(-1); visit !== undefined; visit = visits.at(-1)) {
      const { child } = visit;
      const next = visit.rest.next();
      if (!next.done) {
        if (!index.has(next.value)) enter(next.value);
        else if (onStack.has(next.value)) low.set(child, Math.min(low.get(child) ?? 0, index.get(next.value) ?? 0));
        continue;
      }
      visits.pop();
      const parent = visits.at(-1)?.child;
      if (parent !== undefined) low.set(parent, Math.min(low.get(parent) ?? 0, low.get(child) ?? 0));
      if (low.get(child) !== index.get(child)) continue;
      const size = stack.length - stack.lastIndexOf(child);
      for (const member of stack.splice(stack.length - size)) {
        onStack.delete(member);
        if (size > 1) found.add(member);
      }
    }
  }
  return found;
}
