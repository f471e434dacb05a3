import { GraffitistError } from '../../errors.ts';
import { makeTensor } from '../../formats/tensorValues.ts';
import { type Graph, GraphEditor, type GraphNode, type NodeSpec } from '../../graph/graph.ts';
import type { Quantizer } from '../quantizer.ts';
import { type QuantDType, quantizerNodes, thresholdNodeNames } from '../quantizerNodes.ts';
import { type ConvSplit, channelAxis } from './convSplits.ts';
import type { FinishReport } from './report.ts';

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
