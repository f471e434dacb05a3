import type { Graph } from '../../graph/graph.ts';
import type { SignedBits } from '../fixedPoint.ts';
import type { QuantizerSuffix } from '../naming.ts';
import type { Rounding } from '../quantizer.ts';

/** A quantizer to put after a node. */
export interface Placement {
  /** Rule of docs/rules.md that asks for it. */
  readonly rule: string;
  /** Node whose output it quantizes. */
  readonly producer: string;
  readonly suffix: QuantizerSuffix;
  readonly bits: SignedBits;
  readonly rounding: Rounding;
}

/** Something that a person should know about a node. */
export interface Note {
  readonly rule: string;
  readonly node: string;
  readonly text: string;
}

/** What one pass over a graph found. */
export interface PassResult {
  readonly placements: readonly Placement[];
  readonly warnings: readonly Note[];
}

/** One step of placing quantizers; it only reads the graph. Passes run one after the other, each on the graph of the one before. */
export type Pass = (graph: Graph, settings: PlacementSettings) => PassResult;

/** The options of `quantize` that say where quantizers go and how wide they are. */
export interface PlacementSettings {
  readonly inputs: readonly string[];
  readonly weightBits: SignedBits;
  readonly inputBits: SignedBits;
  readonly activationBits: SignedBits;
  readonly layerBits: SignedBits;
  readonly reluBits: SignedBits;
  readonly avgpoolBits: SignedBits;
  /** The original refuses the graph: nothing of it to follow where it would quantize less. */
  readonly refused: boolean;
  /** Average pools of values of both signs have signed outputs: asked for, or QNT57 in refused graphs. */
  readonly poolsKeepSign: boolean;
  readonly avgpoolReciprocalBits: SignedBits;
  readonly firstLayer: string | null;
  readonly lastLayer: string | null;
  /** Which values that no pattern covers are quantized where a quantized layer reads them. */
  readonly remaining: 'none' | 'long-sums' | 'all';
  /** For training: batch norms may be folded with a correction behind the layer. */
  readonly training: boolean;
}

/** A placement, rounding half to even unless told otherwise. */
export function place(rule: string, producer: string, suffix: QuantizerSuffix, bits: SignedBits, rounding: Rounding = 'round'): Placement {
  return { rule, producer, suffix, bits, rounding };
}
