import type { Edge, Graph, GraphNode } from '../../graph/graph.ts';
import { importOrder } from '../../graph/importOrder.ts';
import { descendants } from '../../graph/reach.ts';
import { quantizedWeights } from '../quantizedLayers.ts';
import { ADD_OPS, COMPUTE_OPS, gridInputs, RELU_OPS } from './ops.ts';
import { type Pass, type Placement, type PlacementSettings, place } from './placement.ts';
import { signOf } from './signs.ts';
import { followsLayer, isInLongSum } from './sums.ts';

/** Ops that make new values from values on a grid, one by one or as averages, and whose result can be quantized. */
const QUANTIZABLE: ReadonlySet<string> = new Set([
  ...ADD_OPS,
  ...['Sub', 'Mul', 'RealDiv', 'BiasAdd', 'Maximum', 'Minimum', 'SquaredDifference', 'Square', 'Mean', 'Sum', 'ResizeBilinear', 'LRN'],
  ...['LeakyRelu', 'Sigmoid', 'Tanh', 'Elu', 'Selu', 'Softplus', 'Softsign', 'Exp', 'Log', 'Softmax'],
]);
/** Their first data input is data, the others say how to treat it. */
const ONE_INPUT: ReadonlySet<string> = new Set(['Mean', 'Sum', 'ResizeBilinear']);

/**
 * QNT50: what a quantized layer reads lies on a grid, and so do the operands of whatever is quantized on the way. Where sums and
 * activations that no pattern covers (sums of sums, relu behind them, sigmoid …) stand between and their operands lie on a grid, their
 * results are quantized: relu_bits where they cannot be negative, else activation_bits. Values that leave the network, and all that is
 * computed from a layer in float, stay as the original has them.
 */
export const placeBetween: Pass = (graph, settings) => {
  const fed = descendants(graph, settings.inputs);
  const { remaining, refused } = settings;
  const wanted = remaining === 'none' ? new Set<string>() : wantedOn(graph, fed, { longSums: remaining === 'long-sums', refused });
  if (wanted.size === 0) return { placements: [], warnings: [] };
  const placements: Placement[] = [];
  const grid = new Set<string>();
  const negative = new Map<string, boolean>();
  for (const node of importOrder(graph).nodes) {
    negative.set(
      node.name,
      signOf(graph, node, (name) => negative.get(name) ?? true, settings.poolsKeepSign),
    );
    if (!fed.has(node.name)) continue;
    const operands = dataOperands(graph, wanted.has(node.name) ? rectified(graph, node) : node, fed);
    const onGrid = operands.length > 0 && operands.every((edge) => grid.has(edge.node));
    if (node.op === 'LinearQuant' || (onGrid && (gridInputs(node).length > 0 || RELU_OPS.has(node.op)))) grid.add(node.name);
    if (!wanted.has(node.name) || !onGrid) continue;
    grid.add(node.name);
    const own = quantizersOf(graph, node, fed, negative.get(node.name) === true, settings);
    placements.push(...own);
    const last = own.at(-1);
    if (last?.producer === node.name) negative.set(node.name, last.bits < 0);
  }
  return { placements, warnings: [] };
};

/**
 * The nodes whose results must lie on a grid and do so only with a quantizer: backwards from quantized layers and quantizers. With
 * `longSums` only the sums of sums of three and more operands.
 */
function wantedOn(
  graph: Graph,
  fed: ReadonlySet<string>,
  { longSums, refused }: { readonly longSums: boolean; readonly refused: boolean },
): ReadonlySet<string> {
  const wanted = new Set<string>();
  const waiting: GraphNode[] = [];
  const operandsOf = (node: GraphNode): void => {
    for (const edge of dataOperands(graph, node, fed)) waiting.push(graph.node(edge.node));
  };
  for (const node of graph.nodes) {
    if (!fed.has(node.name)) continue;
    if (COMPUTE_OPS.has(node.op) && quantizedWeights(graph, node)) operandsOf(node);
    else if (node.op === 'LinearQuant') {
      const source = rectified(graph, refused ? behindMarker(graph, graph.input(node, 0)) : graph.input(node, 0));
      // Parameters behind a rescale are quantized with the product that they are in.
      if (source !== graph.input(node, 0) && isScaled(source, fed)) waiting.push(source);
      else if (QUANTIZABLE.has(source.op)) operandsOf(source);
    }
  }
  const seen = new Set<string>();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (seen.has(node.name) || node.op === 'LinearQuant') continue;
    seen.add(node.name);
    const source = rectified(graph, node);
    const ofLayer = followsLayer(graph, source);
    const makes = QUANTIZABLE.has(source.op) && !ofLayer && (!longSums || isInLongSum(graph, source));
    // Behind a layer stands a relu's quantizer or one on the sum itself; who reads the sum beside such a relu needs the latter too.
    if (makes || (ofLayer && refused && source === node && hasBias(node))) wanted.add(node.name);
    if (makes) operandsOf(source);
    else if (gridInputs(node).length > 0 || RELU_OPS.has(node.op)) operandsOf(node);
  }
  return wanted;
}

/** A product or quotient of data and parameters. */
function isScaled({ op, edges }: GraphNode, fed: ReadonlySet<string>): boolean {
  return (op === 'Mul' || op === 'RealDiv') && edges.some((edge) => !fed.has(edge.node));
}

/** What a rescale marker hands on to its quantizer; any other node itself. */
function behindMarker(graph: Graph, node: GraphNode): GraphNode {
  return node.op === 'Identity' && node.name.includes('_rescale_') ? graph.input(node, 0) : node;
}

/** The quantizers on a wanted node: its parameters first, then its result. */
function quantizersOf(
  graph: Graph,
  node: GraphNode,
  fed: ReadonlySet<string>,
  negative: boolean,
  { activationBits, reluBits, weightBits }: PlacementSettings,
): Placement[] {
  const source = rectified(graph, node);
  const data = new Set(dataOperands(graph, source, fed).map((edge) => edge.node));
  const parameters = ONE_INPUT.has(source.op) ? [] : source.edges.filter((edge) => !data.has(edge.node));
  const sum = ADD_OPS.has(node.op) || node.op === 'Sub' ? 'eltwadd_quant' : 'act_quant';
  const suffix = hasBias(source) && followsLayer(graph, source) && source === node ? 'biasadd_quant' : sum;
  return [
    ...parameters
      .filter((edge) => graph.node(edge.node).op !== 'LinearQuant')
      .map((edge) => place('QNT50', edge.node, 'weight_quant', weightBits)),
    place('QNT50', node.name, suffix, negative ? activationBits : reluBits),
  ];
}

/** What a relu rectifies where only that relu reads it; else the node itself. */
function rectified(graph: Graph, node: GraphNode): GraphNode {
  const relu = node.op === 'Minimum' ? clippedRelu(graph, node) : node;
  if (!RELU_OPS.has(relu.op)) return node;
  const source = graph.input(relu, 0);
  return QUANTIZABLE.has(source.op) && graph.uses(source.name).length === 1 ? source : node;
}

/** The relu that a Minimum clips (EQU2) where nothing else reads it; else the Minimum itself. */
function clippedRelu(graph: Graph, node: GraphNode): GraphNode {
  const [relu, clip] = node.edges.map((edge) => graph.node(edge.node));
  return relu?.op === 'Relu' && clip?.op === 'Const' && graph.uses(relu.name).length === 1 ? relu : node;
}

/** Inputs that carry what the network is fed; of a pass-through only those that its output holds. */
function dataOperands(graph: Graph, node: GraphNode, fed: ReadonlySet<string>): readonly Edge[] {
  const carried = gridInputs(node);
  const edges = carried.length > 0 ? carried : ONE_INPUT.has(node.op) || node.op === 'LinearQuant' ? node.edges.slice(0, 1) : node.edges;
  return edges.filter((edge) => fed.has(edge.node) && graph.has(edge.node));
}
/** A sum that may end a layer. */
function hasBias({ op }: GraphNode): boolean {
  return op === 'BiasAdd' || ADD_OPS.has(op);
}
