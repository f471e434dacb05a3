import type { Graph, GraphNode } from '../graph/graph.ts';
import { applyOverrides, type BitOverride, bitOverrides } from './bitOverrides.ts';
import { formatName, type SignedBits } from './fixedPoint.ts';
import { badLine, type ListLine, wholeNumber } from './listFile.ts';
import { kindOf, layerOfClone, quantizerScope, scopeOfLinearQuant, suffixOf } from './naming.ts';
import { COMPUTE_OPS, isFromAvgPool } from './placement/ops.ts';
import type { Note } from './placement/placement.ts';
import { readQuantizers } from './readQuantizers.ts';

const OPTION = 'bits_list';

/** A layer whose weights are quantized, as a list calls it. */
interface NamedLayer {
  readonly name: string;
  readonly op: string;
  /** The quantizer of its weights. */
  readonly weights: string;
}

/**
 * QNT61: bit-widths by line, `what, bits`: the name of a layer, a scope `…/`, an op (`DepthwiseConv2dNative`) or a pattern with `*` gives
 * the weights of those layers other bits; the name of a quantizer, or a pattern that ends like one, gives it to quantizers. Of several
 * lines for one quantizer the last counts.
 * @throws GraffitistError `option-invalid` naming the line, also where it matches nothing; as `withQuantizerBits`
 */
export function listedBits(
  graph: Graph,
  lines: readonly ListLine[],
): { readonly graph: Graph; readonly overrides: readonly BitOverride[]; readonly warnings: readonly Note[] } {
  if (lines.length === 0) return { graph, overrides: [], warnings: [] };
  const quantizers = readQuantizers(graph);
  const names = quantizers.map(({ name }) => name);
  const layers = namedLayers(graph);
  const bits = new Map<string, SignedBits>();
  for (const { line, what, width } of widths(lines)) {
    const found = named(what, layers, names);
    if (found.length === 0) throw badLine(OPTION, line, nothingNamed(graph, what), REMEDY);
    for (const name of found) bits.set(name, width);
  }
  const overrides = bitOverrides(quantizers, bits);
  return { graph: applyOverrides(graph, overrides), overrides, warnings: overrides.flatMap(notes) };
}

/**
 * The bits that a list gives weights before they are quantized, by layer. Lines for other quantizers are passed over here.
 * @param layers with the node that delivers their weights
 * @throws GraffitistError `option-invalid` naming the line
 */
export function listedWeightBits(
  layers: readonly { readonly layer: GraphNode; readonly weights: GraphNode }[],
  lines: readonly ListLine[],
): ReadonlyMap<string, SignedBits> {
  const known = layers.map(({ layer, weights }) => ({
    name: layerOfClone(layer.name),
    op: layer.op,
    weights: quantizerScope(weights, 'weight_quant'),
  }));
  const names = known.map(({ weights }) => weights);
  const bits = new Map<string, SignedBits>();
  for (const { what, width } of widths(lines)) for (const name of named(what, known, names)) bits.set(name, width);
  return new Map(
    layers.flatMap(({ layer }, k) => {
      const width = bits.get(names[k] ?? '');
      return width === undefined ? [] : [[layer.name, width] as const];
    }),
  );
}

/** What stands in the lines. @throws GraffitistError `option-invalid` */
function* widths(lines: readonly ListLine[]): Generator<{ readonly line: number; readonly what: string; readonly width: SignedBits }> {
  for (const { line, fields } of lines) {
    const [what = '', width, ...more] = fields;
    if (what === '' || width === undefined || more.length > 0) {
      throw badLine(OPTION, line, `${fields.length} fields instead of layer and bits.`, 'Write: layer, -8');
    }
    yield { line, what, width: widthIn(line, width) };
  }
}

const REMEDY = 'Name a layer with quantized weights, a scope that ends in /, a pattern with *, or a quantizer of the thresholds table.';

/** Quantizers that a line names. Patterns of layers leave the reciprocals of average pools alone, as weight_bits does. */
function named(what: string, layers: readonly NamedLayer[], quantizers: readonly string[]): readonly string[] {
  if (quantizers.includes(what)) return [what];
  const exact = layers.filter(({ name }) => name === what);
  if (exact.length > 0) return exact.map(({ weights }) => weights);
  if (what.includes('*')) {
    const pattern = globOf(what);
    if (suffixOf(what.replaceAll('*', '_')) !== undefined) return quantizers.filter((name) => pattern.test(name));
    return layers.filter(({ name }) => pattern.test(name)).map(({ weights }) => weights);
  }
  const isMeant = what.endsWith('/') ? ({ name }: NamedLayer) => name.startsWith(what) : ({ op }: NamedLayer) => op === what;
  return layers.filter(isMeant).map(({ weights }) => weights);
}

/** Layers whose weights are quantized. QNT32: a layer folded for training is called as in the inference graph. */
function namedLayers(graph: Graph): readonly NamedLayer[] {
  return graph.nodes.flatMap((node) => {
    if (!COMPUTE_OPS.has(node.op) || isFromAvgPool(node.name)) return [];
    const weights = weightQuantizer(graph, node);
    return weights === undefined ? [] : [{ name: layerOfClone(node.name), op: node.op, weights }];
  });
}

function weightQuantizer(graph: Graph, layer: GraphNode): string | undefined {
  const linearQuants = layer.edges.filter(({ node }) => graph.find(node)?.op === 'LinearQuant');
  return linearQuants.map(({ node }) => scopeOfLinearQuant(node)).find((scope) => kindOf(scope) === 'weight');
}

function widthIn(line: number, written: string): SignedBits {
  const width = wholeNumber(OPTION, line, written, 'bit-width');
  if (width !== 0 && width !== -1 && Math.abs(width) <= 32) return width;
  throw badLine(OPTION, line, `'${written}' is no bit-width.`, 'Write -2 to -32 (signed) or 1 to 32 (unsigned).');
}

/** `*` stands for any characters, slashes included. */
function globOf(pattern: string): RegExp {
  const literal = pattern.split(/\*+/).map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`, 's');
}

function nothingNamed(graph: Graph, what: string): string {
  return graph.has(what) ? `the weights of '${what}' are not quantized.` : `'${what}' names no layer and no quantizer.`;
}

function notes({ quantizer, format, named: isNamed }: BitOverride): readonly Note[] {
  const { name, source } = quantizer;
  const note = (text: string): Note => ({ rule: 'QNT61', node: source, text });
  return [
    ...(isNamed ? [] : [note(`'${name}' shares its threshold with one that the list names, and is ${formatName(format)} with it.`)]),
    ...(quantizer.signed && !format.signed ? [note(`'${name}' is ${formatName(format)} by the list: negative values become 0.`)] : []),
  ];
}
