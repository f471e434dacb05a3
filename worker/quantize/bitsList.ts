import type { Graph, GraphNode } from '../graph/graph.ts';
import { bitChanges, withFormats } from './bitOverrides.ts';
import { formatName, type SignedBits, signedBits } from './fixedPoint.ts';
import { badLine, type ListLine, wholeNumber } from './listFile.ts';
import { layerOfClone, parentScope, quantizerScope, suffixOf } from './naming.ts';
import { COMPUTE_OPS, isFromAvgPool } from './placement/ops.ts';
import type { Note } from './placement/placement.ts';
import type { Quantizer } from './quantizer.ts';
import { readQuantizers } from './readQuantizers.ts';

const OPTION = 'bits_list';

/** A quantizer that the list changed. */
export interface OverriddenBits {
  readonly rule: 'QNT61';
  readonly quantizer: string;
  readonly summary: string;
}

/** A layer whose weights are quantized. */
interface WeightedLayer {
  readonly name: string;
  /** The name of their quantizer. */
  readonly weights: string;
  /** QNT7: it keeps 8 bits unless it is named itself. */
  readonly exempt: boolean;
}

/**
 * QNT61, QNT62: bits of single layers and quantizers, line by line `name, bits`. A layer's name stands for the quantizer of its weights; a
 * scope (`net/block1/`) and a pattern (`*depthwise*`) for all layers in it but the first and last; a pattern that ends in `_quant` for
 * quantizers. Of several lines for one quantizer the last counts.
 *
 * @param outer first_layer and last_layer
 * @throws GraffitistError `option-invalid` naming the line, `quantizer-conflict`
 */
export function overrideBits(
  graph: Graph,
  lines: readonly ListLine[],
  outer: readonly (string | null)[],
): { readonly graph: Graph; readonly overridden: readonly OverriddenBits[]; readonly warnings: readonly Note[] } {
  if (lines.length === 0) return { graph, overridden: [], warnings: [] };
  const quantizers = new Map(readQuantizers(graph).map((quantizer) => [quantizer.name, quantizer]));
  const layers = weightedLayers(graph, quantizers, new Set(outer.flatMap((name) => (name === null ? [] : [parentScope(name)]))));
  const wanted = new Map<string, SignedBits>();
  for (const { line, name, bits } of widths(lines)) {
    const named = namedBy(name, layers, quantizers);
    if (named.length === 0) throw badLine(OPTION, line, unmatched(graph, name), 'Check the name; graffitize inspect lists quantizers.');
    for (const quantizer of named) wanted.set(quantizer, bits);
  }
  const { formats, notes } = bitChanges(graph, wanted);
  const overridden = [...formats].flatMap(([name, format]): OverriddenBits[] => {
    const before = quantizers.get(name);
    if (before === undefined || signedBits(before) === signedBits(format)) return [];
    return [{ rule: 'QNT61', quantizer: name, summary: `${name}: ${formatName(format)} instead of ${formatName(before)}` }];
  });
  return { graph: withFormats(graph, formats), overridden, warnings: notes };
}

/**
 * QNT61, QNT62: the bits that a list gives the weights of layers of a graph that is not quantized yet, by layer; what stands there for other
 * quantizers is for `quantize` to read. @throws GraffitistError `option-invalid` naming the line
 * @param layers with the node that delivers their weights. @param outer first_layer and last_layer
 */
export function listedWeightBits(
  layers: readonly { readonly layer: GraphNode; readonly weights: GraphNode }[],
  lines: readonly ListLine[],
  outer: readonly (string | null)[],
): ReadonlyMap<string, SignedBits> {
  const exempt = new Set(outer.flatMap((name) => (name === null ? [] : [parentScope(name)])));
  const known = layers.map(({ layer: { name }, weights }) => ({
    ...{ name: layerOfClone(name), layer: name, exempt: exempt.has(parentScope(name)) },
    weights: quantizerScope(weights, 'weight_quant'),
  }));
  const quantizers = new Set(known.map(({ weights }) => weights));
  const bits = new Map<string, SignedBits>();
  for (const { name, bits: width } of widths(lines)) for (const quantizer of namedBy(name, known, quantizers)) bits.set(quantizer, width);
  return new Map(known.flatMap(({ layer, weights }) => (bits.has(weights) ? [[layer, bits.get(weights) as SignedBits] as const] : [])));
}

/** What stands in the lines. @throws GraffitistError `option-invalid` naming the line */
function* widths(lines: readonly ListLine[]): Generator<{ readonly line: number; readonly name: string; readonly bits: SignedBits }> {
  for (const { line, fields } of lines) {
    const [name = '', width] = fields;
    if (fields.length !== 2) throw badLine(OPTION, line, `${fields.length} fields instead of a name and its bits.`, 'Write: name, -8');
    yield { line, name, bits: widthOf(line, width) };
  }
}

/** Layers with quantized weights by their names, in the order of the graph; average pools are none. */
function weightedLayers(graph: Graph, quantizers: ReadonlyMap<string, Quantizer>, outer: ReadonlySet<string>): WeightedLayer[] {
  const byNode = new Map([...quantizers.values()].map((quantizer) => [quantizer.node, quantizer]));
  return graph.nodes.flatMap((node) => {
    if (!COMPUTE_OPS.has(node.op) || isFromAvgPool(node.name)) return [];
    const read = node.edges.map((edge) => byNode.get(edge.node));
    const weights = read.find((quantizer) => quantizer !== undefined && suffixOf(quantizer.name) === 'weight_quant');
    if (weights === undefined) return [];
    return [{ name: layerOfClone(node.name), weights: weights.name, exempt: outer.has(parentScope(node.name)) }];
  });
}

/** Names of the quantizers that a line's first field stands for. */
function namedBy(
  name: string,
  layers: readonly WeightedLayer[],
  quantizers: Pick<ReadonlyMap<string, unknown>, 'has' | 'keys'>,
): readonly string[] {
  if (quantizers.has(name)) return [name];
  if (!name.includes('*') && !name.endsWith('/')) return layers.filter((layer) => layer.name === name).map(({ weights }) => weights);
  const test = patternTest(name.endsWith('/') ? `${name}*` : name);
  if (name.endsWith('_quant')) return [...quantizers.keys()].filter(test);
  return layers.filter((layer) => !layer.exempt && test(layer.name)).map(({ weights }) => weights);
}

/** Whole names, `*` for any characters; no other character has a meaning. Looks at each part once, so no pattern takes long. */
function patternTest(pattern: string): (name: string) => boolean {
  const parts = pattern.split('*');
  const [first = '', last = ''] = [parts[0], parts.at(-1)];
  return (name) => {
    if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
    let at = first.length;
    for (const part of parts.slice(1, -1)) {
      const found = name.indexOf(part, at);
      if (found < 0 || found + part.length > name.length - last.length) return false;
      at = found + part.length;
    }
    return true;
  };
}

function widthOf(line: number, field: string | undefined): SignedBits {
  const bits = wholeNumber(OPTION, line, field, 'bit-width');
  if (bits !== 0 && bits !== -1 && Math.abs(bits) <= 32) return bits;
  throw badLine(OPTION, line, `'${field}' is no bit-width.`, 'Write -2 to -32 (signed) or 1 to 32 (unsigned).');
}

function unmatched(graph: Graph, name: string): string {
  if (name.endsWith('_quant')) return `'${name}' is no quantizer.`;
  if (name.includes('*') || name.endsWith('/')) return `'${name}' matches no layer with quantized weights.`;
  if (!graph.has(name)) return `'${name}' is neither a layer nor a quantizer.`;
  return COMPUTE_OPS.has(graph.node(name).op) ? `The layer '${name}' stays in float.` : `'${name}' is no layer.`;
}
