import { GraffitistError } from '../errors.ts';
import { tensorNumbers } from '../formats/tensorValues.ts';
import type { Graph, GraphNode } from '../graph/graph.ts';
import { ceilLog2, type Format } from './fixedPoint.ts';

/** Scalar arithmetic that a quantizer's scope is written in. */
const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  Identity: (a) => a,
  Cast: (a) => a,
  StopGradient: (a) => a,
  PlaceholderWithDefault: (a) => a,
  Neg: (a) => -a,
  Ceil: (a) => Math.ceil(a),
  Add: (a, b) => a + b,
  AddV2: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  RealDiv: (a, b) => a / b,
  Pow: (a, b) => a ** b,
};

/** Deepest expression that is followed; the original's has 8 levels, in training form 13. */
const DEPTH = 32;

/**
 * The value of a scalar expression of constants, or undefined where it reads a variable or an op that no quantizer scope has.
 * Recursion is bounded by `DEPTH`, not by the graph, and each node is looked at once.
 */
export function scalarValue(graph: Graph, name: string): number | undefined {
  const known = new Map<string, number>();
  const evaluate = (at: string, depth: number): number => {
    const before = known.get(at);
    if (before !== undefined) return before;
    const node = graph.find(at);
    const compute = node === undefined ? undefined : ARITHMETIC[node.op];
    let value = Number.NaN;
    if (node?.op === 'Const') value = constantScalar(node) ?? Number.NaN;
    else if (node !== undefined && compute !== undefined && depth < DEPTH && node.edges.length <= 2) {
      const [a, b] = node.edges.map((edge) => evaluate(edge.node, depth + 1));
      value = compute(a ?? Number.NaN, b ?? Number.NaN);
    }
    known.set(at, value);
    return value;
  };
  const value = evaluate(name, 0);
  return Number.isNaN(value) ? undefined : value;
}

/** The number in a Const node that holds exactly one. */
export function constantScalar(node: GraphNode): number | undefined {
  const value = node.op === 'Const' ? node.attr('value') : undefined;
  if (value?.kind !== 'tensor') return undefined;
  const tensor = value.value;
  if (tensor.dtype === 'string' || tensor.shape.some((size) => size !== 1)) return undefined;
  return tensorNumbers(tensor)[0];
}

/** Bits and sign of a LinearQuant node, from its integer limits. @throws GraffitistError `node-malformed` */
export function readFormat(graph: Graph, linearQuant: GraphNode): Format {
  const [, , min, max] = linearQuant.edges;
  const [n, p] = [min, max].map((edge) => (edge === undefined ? undefined : scalarValue(graph, edge.node)));
  if (n === undefined || p === undefined || p < 0 || n > 0) {
    throw new GraffitistError('node-malformed', 'The integer limits of this quantizer are no constants.', {
      about: linearQuant.name,
      remedy: 'Inputs 2 and 3 of a LinearQuant node must be constant scalars.',
    });
  }
  const signed = n < 0;
  // p = Q − 1 in float32, where 2^b − 1 may have been rounded to 2^b.
  return { bits: Math.round(Math.log2(p + 1)) + (signed ? 1 : 0), signed };
}

/** Where log2 t of a quantizer comes from: the variable, or the constant in its place. */
export interface ThresholdSource {
  readonly name: string;
  readonly constantLog2: number | undefined;
}

/**
 * Follows a quantizer's scale to its threshold: through `…/pof2` where the scope has one, else through the scale's Ceil.
 * A scale that is itself a constant gives its own power of two. @throws GraffitistError `node-malformed`
 */
export function readThreshold(graph: Graph, linearQuant: GraphNode, scope: string, format: Format): ThresholdSource {
  const pof2 = graph.find(`${scope}/pof2`);
  if (pof2 !== undefined) return thresholdBehind(graph, pof2);
  const scale = graph.input(linearQuant, 1);
  const value = constantScalar(scale);
  if (value !== undefined) return { name: scale.name, constantLog2: ceilLog2(Math.log2(value) + format.bits - (format.signed ? 1 : 0)) };
  const ceil = find(graph, scale, ({ op }) => op === 'Ceil');
  if (ceil !== undefined) return thresholdBehind(graph, ceil);
  throw noThreshold(linearQuant);
}

function thresholdBehind(graph: Graph, start: GraphNode): ThresholdSource {
  const variable = find(graph, start, ({ op }) => op === 'VariableV2' || op === 'Variable' || op === 'VarHandleOp');
  if (variable !== undefined) return { name: variable.name, constantLog2: undefined };
  const constant = find(graph, start, (node) => constantScalar(node) !== undefined);
  if (constant === undefined) throw noThreshold(start);
  return { name: constant.name, constantLog2: constantScalar(constant) };
}

/** The nearest node at or behind `start` for which `wanted` holds. */
function find(graph: Graph, start: GraphNode, wanted: (node: GraphNode) => boolean): GraphNode | undefined {
  const seen = new Set<string>();
  let level: readonly GraphNode[] = [start];
  for (let depth = 0; depth < DEPTH && level.length > 0; depth += 1) {
    const found = level.find(wanted);
    if (found !== undefined) return found;
    for (const node of level) seen.add(node.name);
    const next = level.flatMap((node) => node.edges.flatMap((edge) => graph.find(edge.node) ?? []));
    level = next.filter((node) => !seen.has(node.name));
  }
  return undefined;
}

function noThreshold(node: GraphNode): GraffitistError {
  return new GraffitistError('node-malformed', 'No threshold was found behind this quantizer.', {
    about: node.name,
    remedy: 'Its scale must be computed from a variable or a constant that holds log2 of the threshold.',
  });
}
