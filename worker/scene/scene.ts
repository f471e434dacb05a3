import type { Graph } from '../graph/graph.ts';
import type { Reading, Scene, SceneEdge, SceneNode, SceneRequest, SearchHit } from '../protocol.ts';
import { breather } from './breathe.ts';
import { type GroupFacts, groupFacts, groupOutput } from './groupFacts.ts';
import { firstBoxes, type Scope } from './groups.ts';
import { groupId, type Hierarchy, hierarchyOf } from './hierarchy.ts';
import type { SceneInput } from './input.ts';
import { type LayoutBox, type LayoutEdge, layoutGraph } from './layout.ts';
import {
  closedGroupSize,
  LABEL_TAIL,
  layerSize,
  nodeSize,
  openGroupSize,
  opSize,
  pillSize,
  type Size,
  TAG_HEIGHT,
  TAG_TAIL,
  tagWidth,
} from './measure.ts';
import type { Box, Wire } from './structure.ts';
import { tagText } from './tags.ts';

export type { SceneInput } from './input.ts';

/**
 * The picture of one reading of a stage: boxes, groups and wires with their places. Groups that `request.open` names are open; without
 * it, those through which the network's structure is seen. Near-linear; gives way at least every 50 ms.
 *
 * @throws GraffitistError `cancelled`
 */
export async function buildScene(input: SceneInput, request: SceneRequest, signal?: AbortSignal): Promise<Scene> {
  const breath = breather(signal);
  const hierarchy = await hierarchyOf(input, request.reading);
  await breath.rest();
  const open = request.open === undefined ? hierarchy.defaultOpen : new Set(request.open);
  const items = visibleItems(hierarchy, open);
  const wires = visibleWires(hierarchy, items);
  if (breath.due()) await breath.rest();
  if (breath.due()) await breath.rest();
  const nodes = drawItems(hierarchy, items, wires, request.reading);
  const labelled = new Set(wires.filter(({ label }) => label !== '').map(({ from }) => from));
  const boxes = nodes.map((node, i): LayoutBox => {
    const tail = node.open ? 0 : node.tag !== null ? TAG_TAIL : labelled.has(i) ? LABEL_TAIL : 0;
    return { width: node.width, height: node.height, tail, parent: items.list[i]?.parent ?? -1, open: node.open };
  });
  const edges = wires.map(
    ({ from, to, tag }): LayoutEdge => ({
      from,
      to,
      labelWidth: tag === null ? 0 : tagWidth(tagText(tag)),
      labelHeight: tag === null ? 0 : TAG_HEIGHT,
    }),
  );
  const layout = await layoutGraph(boxes, edges, breath);
  return {
    reading: request.reading,
    stage: request.stage,
    width: layout.width,
    height: layout.height,
    nodes: nodes.map((node, i) => ({ ...node, ...layout.boxes[i] })),
    edges: wires.map(
      (wire, i): SceneEdge => ({
        id: wire.id,
        from: (nodes[wire.from] as SceneNode).id,
        to: (nodes[wire.to] as SceneNode).id,
        points: layout.edges[i]?.points ?? [],
        label: wire.label,
        tag: wire.tag,
        at: layout.edges[i]?.label ?? null,
        control: wire.control,
      }),
    ),
  };
}

/**
 * Where a reading shows a graph node: id of its box (empty where the reading leaves it out) and the groups around it, outermost first,
 * which must be open for the box to be seen.
 */
export async function revealPath(
  input: SceneInput,
  reading: Reading,
  node: string,
): Promise<{ readonly id: string; readonly open: readonly string[] }> {
  const hierarchy = await hierarchyOf(input, reading);
  const box = hierarchy.boxOfNode.get(node);
  if (box === undefined) return { id: '', open: [] };
  const open: string[] = [];
  for (let scope = hierarchy.scopeOfBox.get(box) ?? null; scope !== null && scope.parent !== null; scope = scope.parent)
    open.unshift(groupId(scope));
  return { id: (hierarchy.diagram.boxes[box] as Box).id, open };
}

/** Nodes whose name or op holds `text`, in any case: last segments that start with it first, then by length of the name. */
export function searchNodes(graph: Graph, text: string, limit: number): SearchHit[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '' || limit <= 0) return [];
  const found: { readonly hit: SearchHit; readonly rank: number }[] = [];
  for (const { name, op } of graph.nodes) {
    const lower = name.toLowerCase();
    const at = lower.lastIndexOf(wanted);
    const byOp = op.toLowerCase().startsWith(wanted);
    if (at < 0 && !byOp) continue;
    const segment = lower.lastIndexOf('/') + 1;
    const rank = lower === wanted ? 0 : at === segment ? 1 : at > segment ? 2 : byOp ? 3 : 4;
    found.push({ hit: { node: name, op }, rank });
  }
  found.sort((a, b) => a.rank - b.rank || a.hit.node.length - b.hit.node.length);
  return found.slice(0, limit).map(({ hit }) => hit);
}

type Item =
  | { readonly kind: 'box'; readonly box: Box; readonly index: number; readonly parent: number }
  | { readonly kind: 'group'; readonly scope: Scope; readonly open: boolean; readonly parent: number };

interface Items {
  readonly list: readonly Item[];
  /** Item that stands for each box: itself, or the closed group around it. */
  readonly ofBox: Int32Array;
}

/** Boxes and groups that are seen, in reading order, and what stands for those that are not. */
function visibleItems({ root, diagram }: Hierarchy, open: ReadonlySet<string>): Items {
  const first = firstBoxes(root);
  const list: Item[] = [];
  const ofBox = new Int32Array(diagram.boxes.length).fill(-1);
  const waiting: { readonly scope: Scope; readonly parent: number; readonly shown: number }[] = [{ scope: root, parent: -1, shown: -1 }];
  for (const { scope, parent, shown } of waiting) {
    const children = [
      ...[...scope.boxes].map((box) => ({ at: box, box, group: null })),
      ...[...scope.groups].map((group) => ({ at: first.get(group) ?? 0, box: -1, group })),
    ].sort((a, b) => a.at - b.at);
    for (const { box, group } of children) {
      if (group === null) {
        ofBox[box] = shown >= 0 ? shown : list.length;
        if (shown < 0) list.push({ kind: 'box', box: diagram.boxes[box] as Box, index: box, parent });
      } else if (shown >= 0) waiting.push({ scope: group, parent: -1, shown });
      else {
        const isOpen = open.has(groupId(group));
        waiting.push({ scope: group, parent: list.length, shown: isOpen ? -1 : list.length });
        list.push({ kind: 'group', scope: group, open: isOpen, parent });
      }
    }
  }
  return { list, ofBox };
}

interface VisibleWire extends Wire {
  readonly id: string;
  /** Boxes that it comes from. */
  readonly origins: ReadonlySet<number>;
}

/** Wires between what is seen, once per pair and own tag; their label where all that they stand for agree. */
function visibleWires({ diagram }: Hierarchy, { list, ofBox }: Items): VisibleWire[] {
  const found = new Map<string, { wire: Wire; readonly origins: Set<number> }>();
  for (const wire of diagram.wires) {
    const from = ofBox[wire.from] as number;
    const to = ofBox[wire.to] as number;
    if (from === to && (list[from]?.kind === 'group' || wire.from !== wire.to)) continue;
    // What a closed group does to a value is its own affair.
    const tag = list[to]?.kind === 'group' ? null : wire.tag;
    const id = `${itemId(list[from])} → ${itemId(list[to])}${tag === null ? '' : ` ${tag.quantizer}`}${wire.control ? ' ^' : ''}`;
    const known = found.get(id);
    if (known === undefined) found.set(id, { wire: { ...wire, tag, from, to }, origins: new Set([wire.from]) });
    else {
      known.origins.add(wire.from);
      if (known.wire.label !== wire.label) known.wire = { ...known.wire, label: '' };
    }
  }
  return [...found].map(([id, { wire, origins }]) => ({ ...wire, id, origins }));
}

function itemId(item: Item | undefined): string {
  return item === undefined ? '' : item.kind === 'box' ? item.box.id : groupId(item.scope);
}

/** Boxes and groups as they are drawn, still without a place. */
function drawItems(hierarchy: Hierarchy, { list, ofBox }: Items, wires: readonly VisibleWire[], reading: Reading): SceneNode[] {
  const facts = groupFacts(hierarchy, reading);
  const origins = new Map<number, Set<number>>();
  for (const wire of wires) {
    const known = origins.get(wire.from);
    if (known === undefined) origins.set(wire.from, new Set(wire.origins));
    else for (const origin of wire.origins) known.add(origin);
  }
  const members = new Map<number, string[]>();
  hierarchy.diagram.boxes.forEach((box, index) => {
    const item = ofBox[index] as number;
    if (list[item]?.kind !== 'group') return;
    const known = members.get(item);
    if (known === undefined) members.set(item, [...box.members]);
    else for (const member of box.members) known.push(member);
  });
  return list.map((item, i): SceneNode => {
    const at = { x: 0, y: 0, parent: item.parent < 0 ? null : itemId(list[item.parent]) };
    if (item.kind === 'box') {
      const { scope: _scope, weights: _weights, likeness: _likeness, ...shown } = item.box;
      return { ...shown, ...at, ...boxSize(item.box, reading), count: 1, open: false };
    }
    const { scope, open } = item;
    const { subtitle, changed, leftFloat } = facts.get(scope) as GroupFacts;
    const size = open ? openGroupSize(scope.title, subtitle) : closedGroupSize(scope.title, subtitle);
    const output = open ? { tag: null, bits: null } : groupOutput(hierarchy.diagram, origins.get(i) ?? new Set());
    return {
      ...at,
      ...size,
      ...output,
      id: groupId(scope),
      kind: 'group',
      title: scope.title,
      subtitle,
      path: scope.path,
      chips: [],
      count: scope.count,
      open,
      members: open ? [] : (members.get(i) ?? []),
      leftFloat: open ? null : leftFloat,
      changed: changed && !open,
    };
  });
}

function boxSize(box: Box, reading: Reading): Size {
  if (reading === 'nodes') return nodeSize(box.title, box.subtitle, box.chips);
  if (box.kind === 'layer') return layerSize(box.chips);
  if (box.kind === 'op') return opSize(box.title, box.chips);
  return pillSize(box.title, box.subtitle);
}
