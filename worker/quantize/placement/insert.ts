import { GraffitistError } from '../../errors.ts';
import { type Graph, GraphEditor, type GraphNode } from '../../graph/graph.ts';
import { formatOf } from '../fixedPoint.ts';
import { quantizerScope } from '../naming.ts';
import { type QuantDType, quantizerNodes } from '../quantizerNodes.ts';
import type { Note, Placement } from './placement.ts';

/** A quantizer that was put into a graph. */
export interface Inserted {
  readonly placement: Placement;
  readonly scope: string;
  readonly nodes: readonly string[];
}

export interface Insertion {
  readonly graph: Graph;
  readonly inserted: readonly Inserted[];
  readonly warnings: readonly Note[];
}

/**
 * Puts quantizers into a graph: their nodes behind all others, in the order of the placements, and every reader of a producer
 * rewired to its quantizer.
 * @param options `training`: their thresholds can be trained and frozen
 * @throws GraffitistError `op-unsupported` for a tensor that is neither float32 nor float64
 */
export function insertQuantizers(graph: Graph, placements: readonly Placement[], { training = false } = {}): Insertion {
  const editor = new GraphEditor(graph);
  const inserted: Inserted[] = [];
  const warnings: Note[] = [];
  const wanted = oncePerTensor(graph, placements, warnings);
  for (const [scope, { placement, producers }] of wanted) {
    if (!graph.has(`${scope}/LinearQuant`)) {
      const { producer, rounding, bits } = placement;
      const dtype = quantizableType(graph.node(producer));
      const specs = quantizerNodes({ scope, source: producer, rounding, dtype, training, ...formatOf(bits) });
      inserted.push({ placement, scope, nodes: specs.map((spec) => editor.add(spec).name) });
    }
    for (const producer of producers) {
      for (const [reader, slot] of rewiredSlots(graph, producer, warnings)) {
        const node = editor.node(reader);
        editor.replace(node.with({ inputs: node.edges.map((edge, index) => (index === slot ? `${scope}/LinearQuant` : edge)) }));
      }
    }
  }
  return { graph: editor.graph(), inserted, warnings };
}

/**
 * QNT23: of a reader that uses a tensor in several slots only the last is rewired, as the original does. Control inputs stay.
 */
function rewiredSlots(graph: Graph, producer: string, warnings: Note[]): ReadonlyMap<string, number> {
  const slots = new Map<string, number>();
  for (const { consumer, slot, port } of graph.uses(producer)) {
    if (port !== 0) continue;
    if (slots.has(consumer.name)) {
      warnings.push({
        rule: 'QNT23',
        node: consumer.name,
        text: `It reads '${producer}' more than once: only input ${slot} takes the quantized values, as in Graffitist.`,
      });
    }
    slots.set(consumer.name, slot);
  }
  return slots;
}

/** A quantizer that is wanted, and the nodes that deliver the tensor it quantizes: several where a variable is read several times. */
interface Wanted {
  readonly placement: Placement;
  readonly producers: readonly string[];
}

/** QNT21: weights or a bias that several layers share get one quantizer, of the widest format that was asked for. */
function oncePerTensor(graph: Graph, placements: readonly Placement[], warnings: Note[]): ReadonlyMap<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const placement of placements) {
    const producer = graph.node(placement.producer);
    const named = quantizerScope(producer, placement.suffix);
    const holder = wanted.get(named)?.placement.producer ?? graph.find(`${named}/LinearQuant`)?.edges[0]?.node;
    const free = holder === undefined || sameTensor(graph.node(holder), producer);
    const scope = free ? named : `${producer.name}_${placement.suffix}`;
    const before = wanted.get(scope);
    if (before === undefined && !graph.has(`${scope}/LinearQuant`)) {
      wanted.set(scope, { placement, producers: [producer.name] });
      continue;
    }
    const widest = before === undefined ? placement : wider(before.placement, placement);
    const rewired = holder === producer.name && before === undefined ? [] : [producer.name];
    wanted.set(scope, { placement: widest, producers: [...new Set([...(before?.producers ?? []), ...rewired])] });
    if (before === undefined || before.placement.bits === placement.bits) continue;
    warnings.push({
      rule: 'QNT21',
      node: producer.name,
      text: `Layers of different bit-widths share it: it is quantized once, to ${Math.abs(widest.bits)} bits.`,
    });
  }
  return wanted;
}

/** Whether two nodes deliver the same values: one node, or two reads of one variable. */
function sameTensor(a: GraphNode, b: GraphNode): boolean {
  return a.name === b.name || (a.op === 'Identity' && b.op === 'Identity' && a.inputs[0] === b.inputs[0]);
}

function wider(a: Placement, b: Placement): Placement {
  const [wa, wb] = [Math.abs(a.bits), Math.abs(b.bits)];
  if (wa !== wb) return wa > wb ? a : b;
  return a.bits < 0 ? a : b;
}

/** QNT28: a quantizer computes in the type of what it quantizes. @throws GraffitistError `op-unsupported` */
function quantizableType(producer: GraphNode): QuantDType {
  const type = producer.attr('DstT') ?? producer.attr('dtype') ?? producer.attr('T');
  const dtype = type?.kind === 'type' ? type.value : 'float32';
  if (dtype === 'float32' || dtype === 'float64') return dtype;
  throw new GraffitistError('op-unsupported', `The output of '${producer.name}' is ${dtype}; quantizers take float32 and float64.`, {
    about: producer.name,
    remedy: 'Export the graph in float32.',
  });
}
