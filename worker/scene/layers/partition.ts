import type { Edge, Graph, GraphNode } from '../../graph/graph.ts';
import { parentScope } from '../../graph/scopes.ts';
import { isFromAvgPool } from '../../quantize/placement/ops.ts';
import { type Breather, paced } from '../breathe.ts';
import type { Tags } from '../tags.ts';
import type { DataPath } from './dataPath.ts';
import { ACTIVATIONS, BATCH_NORM_OPS, BIAS_OPS, LAYER_OPS, SCALE_OPS, WIRE_OPS } from './opKinds.ts';

/** What a node does inside its box. */
export type Role = 'anchor' | 'bias' | 'norm' | 'scale' | 'activation' | 'dropout' | 'pad' | 'wire';

/** A box in the making: its main node and what was drawn into it, in the order of the data. */
export interface Part {
  readonly anchor: GraphNode;
  readonly kind: 'layer' | 'op' | 'input';
  readonly steps: { readonly node: GraphNode; readonly role: Role }[];
  /** Parameters, shape arithmetic and helpers that feed it. */
  readonly helpers: GraphNode[];
}

export interface Partition {
  readonly parts: readonly Part[];
  /** Index of the part that a node belongs to. */
  readonly partOf: ReadonlyMap<string, number>;
}

/**
 * LAY1: one part per node of the data path that is a layer, an operation or an input; what follows it and nobody else (bias, batch norm,
 * activation, quantizers, identities) belongs to it, as do its parameters. Linear in the graph.
 */
export async function partition(graph: Graph, path: DataPath, tags: Tags, breath: Breather): Promise<Partition> {
  const parts: Part[] = [];
  const partOf = new Map<string, number>();
  const put = (node: GraphNode, part: number, role: Role) => {
    partOf.set(node.name, part);
    parts[part]?.steps.push({ node, role });
  };
  await paced(path.nodes, breath, (node) => {
    const joined = joins(node);
    if (joined !== null) put(node, joined.part, joined.role);
    else {
      parts.push({ anchor: node, kind: kindOf(path, node), steps: [], helpers: [] });
      put(node, parts.length - 1, 'anchor');
    }
  });
  drawPadsIn(path, parts, partOf);
  drawRescalesIn(path, tags, parts, partOf);
  return withHelpers(graph, path, compactParts(parts, partOf), breath);

  /** The part that a node continues, or null where it starts its own. */
  function joins(node: GraphNode): { part: number; role: Role } | null {
    const inputs = path.inputs(node);
    const [first] = inputs;
    if (first === undefined) return null;
    const part = partOf.get(first.node);
    if (part === undefined || inputs.some((edge) => partOf.get(edge.node) !== part)) return null;
    if (WIRE_OPS.has(node.op)) return { part, role: 'wire' };
    const role = roleOf(node, inputs);
    if (role === null || !inputs.every((edge) => leadsOnlyTo(edge.node, node))) return null;
    return takes(parts[part] as Part, role, node) ? { part, role } : null;
  }

  function roleOf(node: GraphNode, inputs: readonly Edge[]): Role | null {
    if (ACTIVATIONS.has(node.op)) return 'activation';
    if (inputs.length > 1) return isSelfGate(node, inputs) ? 'activation' : null;
    // Limits per channel, as equalize_layers leaves them of a relu6.
    if (node.op === 'Minimum') return 'activation';
    if (gateAfter(node) !== undefined) return 'activation';
    if (BATCH_NORM_OPS.has(node.op)) return 'norm';
    if (BIAS_OPS.has(node.op)) return 'bias';
    if (SCALE_OPS.has(node.op)) {
      if (/dropout/i.test(parentScope(node.name))) return 'dropout';
      return /rsqrt|batchnorm|batch_norm|correction/i.test(parameterNames(node)) ? 'norm' : 'scale';
    }
    if (node.op === 'Reshape' && isNormReshape(node, inputs)) return 'wire';
    return null;
  }

  /** max(αx, x), x · sigmoid(x): two ways from one value that meet again at once. */
  function isSelfGate(node: GraphNode, inputs: readonly Edge[]): boolean {
    if (node.op !== 'Maximum' && node.op !== 'Mul') return false;
    const origins = inputs.map((edge) => gateOrigin(edge.node));
    const [a, b] = inputs;
    return (
      inputs.length === 2 &&
      a !== undefined &&
      b !== undefined &&
      (origins[0] === b.node || origins[1] === a.node || origins[0] === origins[1])
    );
  }

  /** The value that a short way of wires, a scale or an activation started from. */
  function gateOrigin(name: string): string {
    let current = name;
    for (let step = 0; step < 5; step++) {
      const node = graph.node(current);
      const inputs = path.inputs(node);
      const [only] = inputs;
      if (inputs.length !== 1 || only === undefined) return current;
      if (!WIRE_OPS.has(node.op) && !ACTIVATIONS.has(node.op) && !SCALE_OPS.has(node.op) && !BIAS_OPS.has(node.op)) return current;
      current = only.node;
      if (path.readers(current).length > 1) return current;
    }
    return current;
  }

  /** The self-gate that a node is one of the two ways to. */
  function gateAfter(node: GraphNode): GraphNode | undefined {
    const [origin] = path.inputs(node);
    if (origin === undefined) return undefined;
    let current = node;
    for (let step = 0; step < 5; step++) {
      const readers = path.readers(current.name);
      const [next] = readers;
      if (readers.length !== 1 || next === undefined) return undefined;
      if (path.inputs(next).length === 2) {
        return isSelfGate(next, path.inputs(next)) && path.inputs(next).some((edge) => edge.node === origin.node) ? next : undefined;
      }
      current = next;
    }
    return undefined;
  }

  /** Whether all that read `name` is `node`, or the two ways of a self-gate. */
  function leadsOnlyTo(name: string, node: GraphNode): boolean {
    const readers = path.readers(name);
    if (readers.every((reader) => reader === node)) return true;
    if (readers.length !== 2) return false;
    const other = readers.find((reader) => reader !== node) as GraphNode;
    return gateAfter(node) === other || gateAfter(other) === node;
  }

  /** Between a matrix product and its batch norm, or behind it. */
  function isNormReshape(node: GraphNode, inputs: readonly Edge[]): boolean {
    const readers = path.readers(node.name);
    const before = graph.node((inputs[0] as Edge).node);
    return (
      (readers.length === 1 && BATCH_NORM_OPS.has((readers[0] as GraphNode).op) && LAYER_OPS.has(before.op)) ||
      BATCH_NORM_OPS.has(before.op)
    );
  }

  function parameterNames(node: GraphNode): string {
    const data = new Set(path.inputs(node).map((edge) => edge.node));
    const names = [node.name];
    for (const edge of node.edges) {
      if (data.has(edge.node)) continue;
      names.push(edge.node, ...(graph.find(edge.node)?.edges.map((inner) => inner.node) ?? []));
    }
    return names.join(' ');
  }
}

function kindOf(path: DataPath, node: GraphNode): Part['kind'] {
  if (path.sources.has(node.name)) return 'input';
  const weights = node.edges.length - path.inputs(node).length;
  return LAYER_OPS.has(node.op) && weights > 0 && path.inputs(node).length === 1 && !isFromAvgPool(node.name) ? 'layer' : 'op';
}

/** What may still be drawn into a part, by what it holds already. */
function takes(part: Part, role: Role, node: GraphNode): boolean {
  const has = (wanted: Role) => part.steps.some((step) => step.role === wanted);
  if (part.kind === 'input') return false;
  if (role === 'dropout') return true;
  if (has('dropout')) return false;
  const curve = part.steps.some((step) => step.role === 'activation' && ACTIVATIONS.has(step.node.op));
  if (curve) return role === 'activation' && !ACTIVATIONS.has(node.op);
  if (role === 'activation') return true;
  if (has('activation')) return false;
  return part.kind === 'layer' || (part.anchor.op === 'Mul' && role === 'bias' && part.steps.every(({ role: known }) => known !== 'bias'));
}

/** A pad that only one layer reads is drawn into that layer. */
function drawPadsIn(path: DataPath, parts: Part[], partOf: Map<string, number>): void {
  for (const part of parts) {
    if (!/^Pad(V2)?$/.test(part.anchor.op)) continue;
    const readers = path.readers(part.steps.at(-1)?.node.name ?? '');
    const [reader] = readers;
    const target = reader === undefined ? undefined : partOf.get(reader.name);
    if (readers.length !== 1 || target === undefined || reader !== parts[target]?.anchor || parts[target]?.kind !== 'layer') continue;
    const moved = part.steps.map(({ node, role }) => ({ node, role: role === 'anchor' ? ('pad' as const) : role }));
    parts[target]?.steps.unshift(...moved);
    for (const { node } of moved) partOf.set(node.name, target);
    part.steps.length = 0;
  }
}

/** A rescale belongs to the sum or concat that it prepares a value for. */
function drawRescalesIn(path: DataPath, tags: Tags, parts: Part[], partOf: Map<string, number>): void {
  for (const node of path.nodes) {
    const quantizer = tags.quantizer(node.name);
    if (quantizer?.kind !== 'rescale') continue;
    const [reader] = path.readers(node.name);
    const target = reader === undefined ? undefined : partOf.get(reader.name);
    if (path.readers(node.name).length !== 1 || target === undefined) continue;
    const source = partOf.get(node.name);
    for (const name of [quantizer.source, node.name]) {
      if (source === undefined || partOf.get(name) !== source || source === target) continue;
      const from = parts[source] as Part;
      const at = from.steps.findIndex((step) => step.node.name === name);
      const [step] = at < 0 || from.steps[at]?.role !== 'wire' ? [] : from.steps.splice(at, 1);
      if (step === undefined) continue;
      parts[target]?.steps.push(step);
      partOf.set(name, target);
    }
  }
}

/** Drops emptied parts and numbers the rest anew. */
function compactParts(parts: readonly Part[], partOf: Map<string, number>): { parts: Part[]; partOf: Map<string, number> } {
  const kept = parts.filter((part) => part.steps.length > 0);
  const index = new Map(kept.map((part, i) => [part, i]));
  for (const [name, part] of partOf) partOf.set(name, index.get(parts[part] as Part) ?? -1);
  return { parts: kept, partOf };
}

/** Gives each part what feeds it and is not on the data path; the first part in reading order keeps what several use. */
async function withHelpers(
  graph: Graph,
  path: DataPath,
  { parts, partOf }: { parts: Part[]; partOf: Map<string, number> },
  breath: Breather,
): Promise<Partition> {
  await paced(parts, breath, (part, index) => {
    const waiting = part.steps.flatMap(({ node }) => (path.sources.has(node.name) ? [] : inputNames(node)));
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      if (partOf.has(name) || path.has(name)) continue;
      const node = graph.find(name);
      if (node === undefined) continue;
      partOf.set(name, index);
      part.helpers.push(node);
      waiting.push(...inputNames(node));
    }
  });
  return { parts, partOf };
}

function inputNames(node: GraphNode): string[] {
  return node.edges.map((edge) => edge.node);
}
