import type { Reading } from '../protocol.ts';
import { type Breather, breather } from './breathe.ts';
import { countBoxes, firstBoxes, quotients, type Scope, scopesOf } from './groups.ts';
import type { SceneInput } from './input.ts';
import { groupLayers, likenessOf } from './layers/grouping.ts';
import { layersDiagram } from './layers.ts';
import { groupNodes, nodesDiagram } from './nodes.ts';
import type { Box, Diagram } from './structure.ts';

/** One reading of a stage with its groups, whichever are open. */
export interface Hierarchy {
  readonly diagram: Diagram;
  readonly root: Scope;
  readonly scopeOfBox: ReadonlyMap<number, Scope>;
  /** Box of each graph node that the reading shows. */
  readonly boxOfNode: ReadonlyMap<string, number>;
  readonly defaultOpen: ReadonlySet<string>;
}

/** Id of a group in the scene. */
export function groupId(scope: Scope): string {
  return `group:${scope.path}`;
}

const kept = new WeakMap<SceneInput, Map<Reading, Promise<Hierarchy>>>();

/** The hierarchy of a reading, made once per input value, to the end even where one of those who asked for it goes away. */
export function hierarchyOf(input: SceneInput, reading: Reading): Promise<Hierarchy> {
  const known = kept.get(input) ?? new Map<Reading, Promise<Hierarchy>>();
  kept.set(input, known);
  const found = known.get(reading);
  if (found !== undefined) return found;
  const made = make(input, reading, breather());
  known.set(reading, made);
  return made;
}

async function make(input: SceneInput, reading: Reading, breath: Breather): Promise<Hierarchy> {
  const layers = reading === 'layers';
  const diagram = await (layers ? layersDiagram(input, breath) : nodesDiagram(input, breath));
  if (breath.due()) await breath.rest();
  const root = layers ? groupLayers(diagram) : groupNodes(diagram);
  if (breath.due()) await breath.rest();
  const scopeOfBox = new Map<number, Scope>();
  for (const scope of scopesOf(root)) for (const box of scope.boxes) scopeOfBox.set(box, scope);
  const boxOfNode = new Map<string, number>();
  diagram.boxes.forEach(({ members }, box) => {
    for (const member of members) boxOfNode.set(member, box);
  });
  return { diagram, root, scopeOfBox, boxOfNode, defaultOpen: layers ? openLayers(diagram, root) : openNodes(diagram, root) };
}

/** Up to this many boxes everything is open; above, groups are opened while no more than this many are seen. */
const SEEN_AT_FIRST = 56;

/**
 * LAY8: the level at which a person sees the network's structure: all groups where few boxes are in them; else one block of each kind,
 * the others closed.
 */
function openLayers(diagram: Diagram, root: Scope): Set<string> {
  const open = new Set<string>();
  const likeness = likenessOf(root, diagram.boxes, quotients(root, diagram), looseLikeness);
  const first = firstBoxes(root);
  let seen = children(root);
  let level = [root];
  while (level.length > 0) {
    const groups = level.flatMap((scope) => [...scope.groups]).sort((a, b) => (first.get(a) ?? 0) - (first.get(b) ?? 0));
    const cost = groups.reduce((sum, group) => sum + children(group) - 1, 0);
    const few = diagram.boxes.length <= SEEN_AT_FIRST;
    const all = few || seen + cost <= SEEN_AT_FIRST;
    const kinds = new Set<number | undefined>();
    const opened = groups.filter((group) => {
      const kind = likeness.get(group);
      if (group.count > 1 && !few) return false;
      if (!all && (kinds.has(kind) || seen + children(group) - 1 > SEEN_AT_FIRST)) return false;
      kinds.add(kind);
      seen += children(group) - 1;
      return true;
    });
    for (const group of opened) open.add(groupId(group));
    level = opened;
  }
  return open;
}

/** Of the scopes of all nodes, only the network's own are open, down to where it has parts. */
function openNodes(diagram: Diagram, root: Scope): Set<string> {
  const open = new Set<string>();
  if (diagram.boxes.length <= SEEN_AT_FIRST) {
    for (const scope of scopesOf(root)) if (scope !== root) open.add(groupId(scope));
    return open;
  }
  const counts = countBoxes(root);
  let scope: Scope | undefined = root;
  let seen = children(root);
  while (scope !== undefined) {
    const size: number = counts.get(scope) ?? 0;
    const inner: Scope | undefined = [...scope.groups].find((group) => (counts.get(group) ?? 0) > size / 2);
    if (inner === undefined || seen + children(inner) > 2 * SEEN_AT_FIRST) break;
    seen += children(inner) - 1;
    open.add(groupId(inner));
    scope = inner;
  }
  return open;
}

function children(scope: Scope): number {
  return scope.groups.size + scope.boxes.size;
}

/** Blocks that differ in channels only are of one kind. */
function looseLikeness(box: Box): string {
  return box.likeness.replace(/ · [^|]*/, '');
}
