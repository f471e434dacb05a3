import type { Shape } from '../formats/tensor.ts';
import type { Graph } from '../graph/graph.ts';
import type { Quantizer } from '../quantize/quantizer.ts';

/** What a picture is made from: one stage of the document. Pictures of one input value are kept while the value lives. */
export interface SceneInput {
  readonly graph: Graph;
  readonly quantizers: readonly Quantizer[];
  /** log2 t by threshold variable, as far as known. */
  readonly thresholds: ReadonlyMap<string, number>;
  /** Static output shapes by node name; what is missing is left out of the picture's texts. */
  readonly shapes: ReadonlyMap<string, readonly Shape[]>;
  /** The network's inputs and outputs, as far as known. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Nodes that compute and stay in float: why. */
  readonly leftFloat: ReadonlyMap<string, string>;
  /** Nodes that the step which made this stage made or rewired. */
  readonly changed: ReadonlySet<string>;
}
