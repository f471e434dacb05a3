import type { Graph, GraphNode } from '../graph/graph.ts';
import { kindOf, scopeOfLinearQuant } from './naming.ts';
import type { Quantizer, Rounding } from './quantizer.ts';
import { readFormat, readThreshold } from './quantizerScalars.ts';

/**
 * QNT25: the quantizers of a graph, in the graph's order, as its own nodes tell them: the same list for a file just opened as for a
 * graph just made, with thresholds in variables, as constants, or in training form.
 *
 * @throws GraffitistError `node-malformed` naming a LinearQuant node whose limits or threshold cannot be read
 */
export function readQuantizers(graph: Graph): readonly Quantizer[] {
  const quantizers = graph.nodes.filter(({ op }) => op === 'LinearQuant').map((node) => readQuantizer(graph, node));
  const members = new Map<string, number>();
  for (const { threshold } of quantizers) members.set(threshold, (members.get(threshold) ?? 0) + 1);
  return quantizers.map((quantizer) =>
    (members.get(quantizer.threshold) ?? 0) > 1 ? { ...quantizer, group: quantizer.threshold } : quantizer,
  );
}

/** Whether quantizers of the graph have thresholds that can be trained and frozen (QNT31). */
export function isTrainingGraph(graph: Graph): boolean {
  return graph.nodes.some(({ op, name }) => op === 'PlaceholderWithDefault' && name.endsWith('/freeze_th'));
}

/** One threshold with the quantizers that read it. */
export interface Threshold {
  /** Name of the variable, or of the constant in its place. */
  readonly name: string;
  readonly members: readonly Quantizer[];
  readonly constantLog2: number | undefined;
}

/** Every threshold of the graph once, in the order in which quantizers first read it. */
export function thresholdVariables(graph: Graph): readonly Threshold[] {
  const byName = new Map<string, Quantizer[]>();
  for (const quantizer of readQuantizers(graph)) {
    const members = byName.get(quantizer.threshold);
    if (members === undefined) byName.set(quantizer.threshold, [quantizer]);
    else members.push(quantizer);
  }
  return [...byName].map(([name, members]) => ({ name, members, constantLog2: members[0]?.constantLog2 }));
}

function readQuantizer(graph: Graph, node: GraphNode): Quantizer {
  const scope = scopeOfLinearQuant(node.name);
  const format = readFormat(graph, node);
  const threshold = readThreshold(graph, node, scope, format);
  return {
    name: scope,
    node: node.name,
    source: graph.input(node, 0).name,
    kind: kindOf(scope),
    ...format,
    rounding: roundingOf(node),
    threshold: threshold.name,
    group: undefined,
    constantLog2: threshold.constantLog2,
  };
}

function roundingOf(node: GraphNode): Rounding {
  const mode = node.attr('rounding_mode');
  const value = mode?.kind === 'string' ? mode.value : 'round';
  return value === 'floor' || value === 'ceil' ? value : 'round';
}
