import type { Edge, GraphNode } from '../graph/graph.ts';
import { lastSegment, parentScope } from '../graph/scopes.ts';
import type { QuantTag } from '../protocol.ts';
import { type Breather, paced } from './breathe.ts';
import type { SceneInput } from './input.ts';
import { activationName, chipsOf } from './layers/chips.ts';
import { type DataPath, dataPath } from './layers/dataPath.ts';
import { layerFacts, opTitle } from './layers/facts.ts';
import { nameLayers, type PartName } from './layers/names.ts';
import { KEEPS_BITS, WIRE_OPS } from './layers/opKinds.ts';
import { type Part, type Partition, partition } from './layers/partition.ts';
import { elements, parameterShape, parameters, shapeText, tensorShape } from './layers/shapes.ts';
import type { Box, Diagram, Wire } from './structure.ts';
import { Tags } from './tags.ts';

/**
 * The Layers reading: what an engineer draws on a whiteboard. One box per layer with its parameters, batch norm and activation as chips;
 * sums, pools and reshapes as small boxes; quantizers as tags. Rules LAY1 … LAY5 of docs/rules.md. Linear in the graph.
 */
export async function layersDiagram(input: SceneInput, breath: Breather): Promise<Diagram> {
  const tags = new Tags(input);
  const path = await dataPath(input.graph, input.inputs, input.outputs, breath);
  const parted = await partition(input.graph, path, tags, breath);
  const outputs = parted.parts.map((part) => outputQuantizer(part, path, parted, tags));
  const { wires, bits } = await connect(input, path, parted, tags, outputs, breath);
  const names = nameLayers(parted.parts);
  const boxes: Box[] = [];
  await paced(parted.parts, breath, (part, i) => {
    boxes.push(drawPart(input, path, part, tags, outputs[i] ?? null, bits[i] ?? null, names.get(part)));
  });
  addOutputs(input, path, parted, boxes, wires);
  return { boxes, wires };
}

function drawPart(
  input: SceneInput,
  path: DataPath,
  part: Part,
  tags: Tags,
  output: string | null,
  bits: Box['bits'],
  name: PartName | undefined,
): Box {
  const { anchor, kind } = part;
  const members = [...part.steps.map(({ node }) => node.name), ...part.helpers.map((node) => node.name)];
  const chips = kind === 'input' ? [] : chipsOf(part, tags, output);
  const weightEdges = kind === 'layer' ? parameters(input.graph, anchor, (edge) => path.has(edge.node)) : [];
  const weights = weightEdges[0] === undefined ? null : parameterShape(input, weightEdges[0]);
  const texts = textsOf(input, part, weights, name);
  return {
    id: anchor.name,
    kind,
    ...texts,
    chips,
    tag: output === null ? null : tags.of(output),
    bits,
    members,
    leftFloat: firstReason(input, part),
    changed: members.some((member) => input.changed.has(member)),
    weights: elements(weights) + biasElements(input, path, part),
    likeness: [
      kind,
      kind === 'layer' ? texts.subtitle : texts.title,
      ...chips.map(({ text, tag }) => (tag === null ? text : `${text.split(' ')[0]}${tag.signed}${tag.bits}`)),
    ].join('|'),
  };
}

function textsOf(
  input: SceneInput,
  part: Part,
  weights: ReturnType<typeof parameterShape>,
  name: PartName | undefined,
): Pick<Box, 'title' | 'subtitle' | 'path' | 'scope'> {
  const { anchor, kind } = part;
  if (name !== undefined) return { ...name, subtitle: layerFacts(anchor, weights) };
  const at = { path: anchor.name, scope: parentScope(anchor.name) };
  if (kind === 'input') {
    const shape = shapeText(tensorShape(input, { node: anchor.name, port: 0 }));
    return { ...at, title: lastSegment(anchor.name), subtitle: shape };
  }
  const dropout = part.steps.some(({ role }) => role === 'anchor') && /dropout/i.test(at.scope) && /^(Mul|Div|RealDiv)$/.test(anchor.op);
  const norm = anchor.op === 'Mul' && part.steps.some(({ role }) => role === 'bias');
  const title = dropout ? 'Dropout' : norm ? 'BN' : opTitle(input, anchor);
  const activation = activationName(part);
  return { ...at, title: activation === null ? title : `${title} · ${activation}`, subtitle: '' };
}

/** LAY4: the quantizer on a part's output: the last one whose value leaves the part as it is. */
function outputQuantizer(part: Part, path: DataPath, { partOf }: Partition, tags: Tags): string | null {
  const own = partOf.get(part.anchor.name);
  const leaves = (start: string): boolean => {
    const waiting = [start];
    for (const name of waiting) {
      const readers = path.readers(name);
      if (readers.length === 0) return true;
      for (const reader of readers) {
        if (partOf.get(reader.name) !== own) return true;
        if (WIRE_OPS.has(reader.op) && tags.quantizer(reader.name) === undefined) waiting.push(reader.name);
      }
    }
    return false;
  };
  let found: string | null = null;
  for (const { node } of part.steps) {
    const quantizer = tags.quantizer(node.name);
    if (quantizer !== undefined && quantizer.kind !== 'rescale' && leaves(node.name)) found = node.name;
  }
  return found;
}

async function connect(
  input: SceneInput,
  path: DataPath,
  { parts, partOf }: Partition,
  tags: Tags,
  outputs: readonly (string | null)[],
  breath: Breather,
) {
  const wires: Wire[] = [];
  const bits: Box['bits'][] = [];
  await paced(parts, breath, (part, to) => {
    const incoming: Box['bits'][] = [];
    for (const { node } of part.steps) {
      for (const edge of path.inputs(node)) {
        const from = partOf.get(edge.node);
        if (from === undefined || from === to) continue;
        const tag = wireTag(edge, node, to);
        wires.push({ from, to, label: shapeText(tensorShape(input, unquantized(input, edge))), tag, control: false });
        incoming.push(tag ?? bits[from] ?? null);
      }
    }
    const own = outputs[to] ?? null;
    const [first] = incoming;
    const kept =
      KEEPS_BITS.has(part.anchor.op) &&
      first !== undefined &&
      incoming.every((bit) => bit?.bits === first?.bits && bit?.signed === first?.signed);
    const output = own === null ? (kept ? (first ?? null) : null) : tags.of(own);
    bits.push(output === null ? null : { bits: output.bits, signed: output.signed });
  });
  return { wires, bits };

  /** The quantizer on one wire alone: a rescale before its reader, or one of several behind one output. */
  function wireTag(edge: Edge, reader: GraphNode, to: number): QuantTag | null {
    let current: GraphNode | undefined = reader;
    let tag: QuantTag | null = null;
    while (current !== undefined && WIRE_OPS.has(current.op) && partOf.get(current.name) === to) {
      tag = tags.of(current.name) ?? tag;
      const readers = path.readers(current.name);
      current = readers.length === 1 ? readers[0] : undefined;
    }
    if (tag !== null) return tag;
    const from = partOf.get(edge.node) ?? -1;
    return edge.node === outputs[from] ? null : tags.of(edge.node);
  }
}

/** The tensor that a chain of quantizers and identities hands on: it has the shape when they have none. */
function unquantized(input: SceneInput, edge: Edge): Edge {
  let current = edge;
  for (let step = 0; step < 6; step++) {
    const node = input.graph.find(current.node);
    const next = node !== undefined && WIRE_OPS.has(node.op) ? node.edges[0] : undefined;
    if (next === undefined || input.shapes.get(current.node)?.[current.port]) return current;
    current = next;
  }
  return current;
}

/** LAY5: a pill where a result leaves the network. */
function addOutputs(input: SceneInput, path: DataPath, { parts, partOf }: Partition, boxes: Box[], wires: Wire[]): void {
  const named = input.outputs.filter((name) => partOf.has(name) && path.has(name));
  const ends = path.nodes.filter(({ name }) => path.readers(name).length === 0).map(({ name }) => name);
  const results = named.length > 0 ? named : ends;
  for (const name of results) {
    const from = partOf.get(name) as number;
    if (parts[from]?.kind === 'input') continue;
    const label = shapeText(tensorShape(input, unquantized(input, { node: name, port: 0 })));
    const to = boxes.length;
    boxes.push({
      id: `output:${name}`,
      kind: 'output',
      title: results.length === 1 ? 'output' : name.split('/').slice(-2).join('/'),
      subtitle: label,
      path: name,
      scope: '',
      chips: [],
      tag: null,
      bits: boxes[from]?.bits ?? null,
      members: [],
      leftFloat: null,
      changed: false,
      weights: 0,
      likeness: 'output',
    });
    wires.push({ from, to, label: '', tag: null, control: false });
  }
}

function firstReason(input: SceneInput, part: Part): string | null {
  for (const { node } of part.steps) {
    const reason = input.leftFloat.get(node.name);
    if (reason !== undefined) return reason;
  }
  return null;
}

function biasElements(input: SceneInput, path: DataPath, part: Part): number {
  const step = part.kind === 'layer' ? part.steps.find(({ role }) => role === 'bias') : undefined;
  const [edge] = step === undefined ? [] : parameters(input.graph, step.node, ({ node }) => path.has(node));
  return edge === undefined ? 0 : elements(parameterShape(input, edge));
}
