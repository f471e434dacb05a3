import { GraffitistError } from '../../errors.ts';
import { makeTensor } from '../../formats/tensorValues.ts';
import { type Graph, GraphEditor, type GraphNode, type NodeSpec } from '../../graph/graph.ts';
import { badLine, type ListLine, wholeNumber } from '../listFile.ts';
import type { Quantizer } from '../quantizer.ts';
import { type QuantDType, quantizerNodes, thresholdNodeNames } from '../quantizerNodes.ts';
import { readQuantizers } from '../readQuantizers.ts';
import type { FinishReport } from './report.ts';

const OPTION = 'conv_split_list';

/** A convolution to be computed in parts of its input channels. */
export interface ConvSplit {
  readonly conv: string;
  /** Input channels of each part; the last has what remains. */
  readonly sizes: readonly number[];
  /** The quantizer of its accumulator. */
  readonly quantizer: Quantizer;
}

/**
 * Reads `conv node, channel depth, split depth` lines; a convolution that one part holds is left as it is.
 * @param channelsOf static number of input channels, where it is known
 * @throws GraffitistError `option-invalid`, `node-missing`, `quantizer-conflict` where its accumulator is not quantized
 */
export function convSplits(graph: Graph, lines: readonly ListLine[], channelsOf: (conv: GraphNode) => number | undefined): ConvSplit[] {
  if (lines.length === 0) return [];
  const bySource = new Map(readQuantizers(graph).map((quantizer) => [quantizer.source, quantizer]));
  const seen = new Set<string>();
  return lines.flatMap(({ line, fields }) => {
    const [name = ''] = fields;
    if (fields.length !== 3) throw badLine(OPTION, line, `${fields.length} fields instead of conv node, channel depth and split depth.`);
    const [depth, size] = [1, 2].map((at) => wholeNumber(OPTION, line, fields[at], 'whole number of channels')) as [number, number];
    if (depth < 1 || size < 1) throw badLine(OPTION, line, 'depths are 1 or more.');
    const conv = graph.find(name);
    if (conv === undefined) {
      throw new GraffitistError('node-missing', `No node named '${name}' found in map.`, { about: OPTION, remedy: 'Check the list file.' });
    }
    if (conv.op !== 'Conv2D') throw badLine(OPTION, line, `'${name}' is a ${conv.op}, not a Conv2D.`);
    if (seen.has(name)) throw badLine(OPTION, line, `'${name}' is listed twice.`);
    seen.add(name);
    const channels = channelsOf(conv);
    if (channels !== undefined && channels !== depth) {
      throw badLine(OPTION, line, `'${name}' has ${channels} input channels, not ${depth}.`);
    }
    if (depth <= size) return [];
    const quantizer = bySource.get(name);
    if (quantizer === undefined || graph.uses(name).some(({ consumer }) => consumer.op !== 'LinearQuant')) {
      throw new GraffitistError('quantizer-conflict', `The accumulator of '${name}' is not quantized, so that it cannot be split.`, {
        about: name,
        remedy: 'Give the layer a bias, or take it from the list.',
      });
    }
    const whole = Math.floor(depth / size);
    const rest = depth % size;
    return [{ conv: name, sizes: [...Array.from({ length: whole }, () => size), ...(rest === 0 ? [] : [rest])], quantizer }];
  });
}

/**
 * QNT44: a convolution becomes partial ones over parts of its input channels, under `<conv>_dw/`. Each is added to the sum of those before
 * it, and every sum but the last is quantized as the layer's accumulator is, its log2 t a constant `pc_threshold`.
 *
 * @throws GraffitistError `threshold-missing`
 */
export function splitConvs(
  graph: Graph,
  splits: readonly ConvSplit[],
  thresholds: ReadonlyMap<string, number>,
  report: FinishReport,
): Graph {
  if (splits.length === 0) return graph;
  const editor = new GraphEditor(graph);
  for (const split of splits) {
    const conv = editor.node(split.conv);
    const log2 = split.quantizer.constantLog2 ?? thresholds.get(split.quantizer.threshold);
    if (log2 === undefined) {
      throw new GraffitistError(
        'threshold-missing',
        `Splitting '${conv.name}' needs the threshold of its accumulator; no value is known.`,
        {
          about: split.quantizer.threshold,
          remedy: 'Calibrate, or give a checkpoint that holds the thresholds.',
        },
      );
    }
    const { nodes, sum } = partialConvs(conv, split, log2);
    for (const spec of nodes) editor.add(spec);
    for (const { consumer, slot } of graph.uses(conv.name)) {
      const reader = editor.node(consumer.name);
      editor.replace(reader.with({ inputs: reader.edges.map((edge, at) => (at === slot ? sum : edge)) }));
    }
    editor.remove(conv.name);
    report.changes.push({
      rule: 'QNT44',
      summary: `${conv.name} computed in ${split.sizes.length} parts of ${split.sizes.join(', ')} input channels`,
      before: [conv.name],
      after: nodes.map(({ name }) => name),
    });
  }
  return editor.graph();
}

/** Axis of an image's channels. */
export function channelAxis(conv: GraphNode): number {
  const layout = conv.attr('data_format');
  return layout?.kind === 'string' && layout.value === 'NCHW' ? 1 : 3;
}

/** In the order in which TensorFlow makes them. */
function partialConvs(conv: GraphNode, { sizes, quantizer }: ConvSplit, log2: number): { nodes: NodeSpec[]; sum: string } {
  const at = (name: string): string => `${conv.name}_dw/${name}`;
  const numbered = (name: string, index: number): string => at(index === 0 ? name : `${name}_${index}`);
  const T = conv.attr('T');
  const dtype: QuantDType = T?.kind === 'type' && T.value === 'float64' ? 'float64' : 'float32';
  const [input = '', weights = ''] = conv.inputs;
  const nodes = [
    ...splitNodes(at('Const'), at('input_split'), input, sizes, channelAxis(conv), dtype),
    ...splitNodes(at('Const_1'), at('weight_split'), weights, sizes, 2, dtype),
  ];
  const attrs = Object.fromEntries(
    [...conv.attrs.keys()].filter((name) => name !== '_output_shapes').map((name) => [name, conv.attr(name)]),
  );
  const waits = conv.controls;
  let sum = '';
  sizes.forEach((_, part) => {
    const partial = numbered('Conv2D', part);
    const inputs = [
      { node: at('input_split'), port: part },
      { node: at('weight_split'), port: part },
    ];
    nodes.push({ name: partial, op: 'Conv2D', inputs, controls: waits, device: conv.device, attrs: defined(attrs) });
    if (part > 0) {
      nodes.push({ name: numbered('Add', part - 1), op: 'Add', inputs: [partial, sum], attrs: { T: { kind: 'type', value: dtype } } });
    }
    const running = part === 0 ? partial : numbered('Add', part - 1);
    if (part === sizes.length - 1) sum = running;
    else {
      const scope = at(`layer_quant_${part}`);
      nodes.push(...frozenQuantizer(scope, running, quantizer, dtype, log2));
      sum = `${scope}/LinearQuant`;
    }
  });
  return { nodes, sum };
}

function splitNodes(
  sizesName: string,
  split: string,
  input: string,
  sizes: readonly number[],
  axis: number,
  dtype: QuantDType,
): NodeSpec[] {
  const int = { kind: 'type', value: 'int32' } as const;
  const ints = (name: string, shape: readonly number[], values: readonly number[]): NodeSpec => ({
    name,
    op: 'Const',
    attrs: { dtype: int, value: { kind: 'tensor', value: makeTensor('int32', shape, values) } },
  });
  return [
    ints(sizesName, [sizes.length], sizes),
    ints(`${split}/split_dim`, [], [axis]),
    {
      name: split,
      op: 'SplitV',
      inputs: [input, sizesName, `${split}/split_dim`],
      attrs: { T: { kind: 'type', value: dtype }, Tlen: int, num_split: { kind: 'int', value: sizes.length } },
    },
  ];
}

/** A quantizer whose log2 t is the constant `pc_threshold`. */
function frozenQuantizer(scope: string, source: string, quantizer: Quantizer, dtype: QuantDType, log2: number): NodeSpec[] {
  const { bits, signed } = quantizer;
  const own = new Set(thresholdNodeNames(`${scope}/threshold`));
  const threshold = `${scope}/pc_threshold`;
  const nodes = quantizerNodes({ scope, source, rounding: 'round', dtype, bits, signed }).filter(({ name }) => !own.has(name));
  const value = { kind: 'tensor', value: makeTensor(dtype, [], [Math.fround(log2)]) } as const;
  return [
    { name: threshold, op: 'Const', attrs: { dtype: { kind: 'type', value: dtype }, value } },
    ...nodes.map((node) => (node.name === `${scope}/pof2` ? { ...node, inputs: [threshold] } : node)),
  ];
}

function defined<T>(record: Readonly<Record<string, T | undefined>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter((entry): entry is [string, T] => entry[1] !== undefined));
}
