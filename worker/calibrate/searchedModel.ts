import { makeTensor } from '../formats/tensorValues.ts';
import { GraphEditor, GraphNode } from '../graph/graph.ts';
import type { Model } from '../graph/model.ts';
import { withValues } from '../graph/variables.ts';
import { COMPUTE_OPS } from '../quantize/placement/ops.ts';
import type { Quantizer } from '../quantize/quantizer.ts';
import { readQuantizers } from '../quantize/readQuantizers.ts';
import { isWeightQuantizer } from './rules.ts';
import type { SearchedThreshold } from './weightSearch.ts';

/** SRCH1: tried are thresholds from 2^−3 to 2^1 times the one at hand. */
const LOWEST = -3;
const HIGHEST = 1;

/**
 * SRCH3: the network that is searched: of its quantizers only those of weights round, and their bit-widths are variables; and the thresholds
 * to search, in the order in which the data meets them.
 * @param log2 thresholds of weights as they were found
 */
export function searchedModel(
  placed: Model,
  log2: ReadonlyMap<string, number>,
): { readonly model: Model; readonly thresholds: readonly SearchedThreshold[] } {
  const { graph } = placed;
  const editor = new GraphEditor(graph);
  const bits = new Map<string, ReturnType<typeof makeTensor>>();
  const position = new Map(graph.nodes.map(({ name }, index) => [name, index]));
  const found: { readonly at: number; readonly threshold: SearchedThreshold }[] = [];
  for (const quantizer of readQuantizers(graph)) {
    const layer = isWeightQuantizer(quantizer.name) ? firstLayer(placed, quantizer, position) : undefined;
    const dtype = typeOf(graph.node(quantizer.node));
    if (layer === undefined) {
      editor.replace(passing(graph.node(quantizer.node), dtype));
      continue;
    }
    const width = `${quantizer.name}/bitwidth`;
    editor.replace(scalarVariable(width, dtype));
    bits.set(width, makeTensor(dtype, [], [quantizer.bits]));
    const known = log2.get(quantizer.threshold);
    if (known === undefined) continue;
    const { threshold: variable, source } = quantizer;
    const bitwidth = { variable: width, bits: quantizer.bits };
    found.push({
      at: layer,
      threshold: { variable, dtype, log2: known, lowest: LOWEST, highest: HIGHEST, layer: source, bitwidths: [bitwidth] },
    });
  }
  const ordered = found.sort((a, b) => a.at - b.at).map(({ threshold }) => threshold);
  return { model: withValues({ ...placed, graph: editor.graph() }, bits), thresholds: shared(ordered) };
}

/** Weights that share a threshold are searched together, where the first of them is met. */
function shared(ordered: readonly SearchedThreshold[]): SearchedThreshold[] {
  const byVariable = new Map<string, SearchedThreshold>();
  for (const threshold of ordered) {
    const before = byVariable.get(threshold.variable);
    const bitwidths = [...(before?.bitwidths ?? []), ...threshold.bitwidths];
    byVariable.set(threshold.variable, { ...(before ?? threshold), bitwidths });
  }
  return [...byVariable.values()];
}

/** Place of the first layer that reads the weights; average pools' reciprocals and slopes of leaky relus are not searched. */
function firstLayer({ graph }: Model, { node, name }: Quantizer, position: ReadonlyMap<string, number>): number | undefined {
  if (name.includes('avgpool_reciprocal')) return undefined;
  const layers = graph.uses(node).filter(({ consumer }) => COMPUTE_OPS.has(consumer.op));
  return layers.length === 0 ? undefined : Math.min(...layers.map(({ consumer }) => position.get(consumer.name) ?? 0));
}

function passing(node: GraphNode, dtype: 'float32' | 'float64'): GraphNode {
  return GraphNode.make({ name: node.name, op: 'Identity', inputs: node.inputs.slice(0, 1), attrs: { T: { kind: 'type', value: dtype } } });
}

function scalarVariable(name: string, dtype: 'float32' | 'float64'): GraphNode {
  return GraphNode.make({
    name,
    op: 'VariableV2',
    attrs: { dtype: { kind: 'type', value: dtype }, shape: { kind: 'shape', value: [] } },
  });
}

function typeOf(node: GraphNode): 'float32' | 'float64' {
  const T = node.attr('T');
  return T?.kind === 'type' && T.value === 'float64' ? 'float64' : 'float32';
}
