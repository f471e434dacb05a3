import { type Graph, GraphEditor } from '../../graph/graph.ts';
import { formatOf } from '../fixedPoint.ts';
import { quantizerScope } from '../naming.ts';
import { quantizerNodes } from '../quantizerNodes.ts';
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
  /** Scopes of quantizers that several layers asked for, because they share weights or a bias. */
  readonly tied: readonly string[];
  readonly warnings: readonly Note[];
}

/**
 * Puts quantizers into a graph: their nodes behind all others, in the order of the placements, and every reader of a producer
 * rewired to its quantizer.
 */
export function insertQuantizers(graph: Graph, placements: readonly Placement[]): Insertion {
  const editor = new GraphEditor(graph);
  const inserted: Inserted[] = [];
  const warnings: Note[] = [];
  const { unique, tied } = oncePerScope(graph, placements, warnings);
  for (const [scope, placement] of unique) {
    const specs = quantizerNodes({
      scope,
      source: placement.producer,
      rounding: placement.rounding,
      dtype: placement.dtype,
      ...formatOf(placement.bits),
    });
    const nodes = specs.map((spec) => editor.add(spec).name);
    inserted.push({ placement, scope, nodes });
    for (const [reader, slot] of rewiredSlots(graph, placement.producer, warnings)) {
      const node = editor.node(reader);
      editor.replace(node.with({ inputs: node.edges.map((edge, index) => (index === slot ? `${scope}/LinearQuant` : edge)) }));
    }
  }
  return { graph: editor.graph(), inserted, tied, warnings };
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

/** QNT21: weights or a bias that several layers share get one quantizer, of the widest format that was asked for. */
function oncePerScope(
  graph: Graph,
  placements: readonly Placement[],
  warnings: Note[],
): { readonly unique: ReadonlyMap<string, Placement>; readonly tied: readonly string[] } {
  const unique = new Map<string, Placement>();
  const tied = new Set<string>();
  for (const placement of placements) {
    const scope = quantizerScope(graph.node(placement.producer), placement.suffix);
    const before = unique.get(scope);
    if (before === undefined && !graph.has(`${scope}/LinearQuant`)) {
      unique.set(scope, placement);
      continue;
    }
    tied.add(scope);
    if (before === undefined || before.bits === placement.bits) continue;
    unique.set(scope, wider(before, placement));
    warnings.push({
      rule: 'QNT21',
      node: placement.producer,
      text: `Layers of different bit-widths share it: it is quantized once, to ${Math.abs(wider(before, placement).bits)} bits.`,
    });
  }
  return { unique, tied: [...tied] };
}

function wider(a: Placement, b: Placement): Placement {
  const [wa, wb] = [Math.abs(a.bits), Math.abs(b.bits)];
  if (wa !== wb) return wa > wb ? a : b;
  return a.bits < 0 ? a : b;
}
