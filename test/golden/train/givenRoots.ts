import { type Graph, GraphEditor, type GraphNode } from '../../../worker/graph/graph.ts';
import { isVariable } from '../../../worker/graph/variables.ts';
import { scalarValue } from '../../../worker/quantize/quantizerScalars.ts';
import type { VariableValues } from '../../../worker/train/types.ts';
import { processorRsqrt } from './processorRoots.ts';

/** A root of a moving variance, γ's factor in a folded batch norm: no backend computes it, for it follows from variables alone. */
interface MovingRoot {
  readonly name: string;
  readonly variance: string;
  readonly epsilon: number;
}

/** A graph in which the roots of moving variances are variables of their names, and what these are worth. */
export interface GivenRoots {
  readonly graph: Graph;
  /** The variables, and the roots as the original takes them. */
  with(variables: VariableValues): VariableValues;
}

export function withGivenRoots(graph: Graph): GivenRoots {
  const roots = graph.nodes.flatMap((node) => movingRoot(graph, node) ?? []);
  const editor = new GraphEditor(graph);
  for (const { name, variance } of roots) editor.replace(graph.node(variance).with({ name }));
  return {
    graph: editor.graph(),
    with: (variables) =>
      new Map([
        ...variables,
        ...roots.map(({ name, variance, epsilon }) => {
          const { shape, values } = variables.get(variance) ?? { shape: [], values: new Float32Array(0) };
          return [name, { shape, values: processorRsqrt(values.map((value) => value + epsilon)) }] as const;
        }),
      ]),
  };
}

function movingRoot(graph: Graph, { op, name, edges }: GraphNode): MovingRoot | undefined {
  const sum = op === 'Rsqrt' ? graph.find(edges[0]?.node ?? '') : undefined;
  const read = graph.find(sum?.edges[0]?.node ?? '');
  const variance = graph.find((read?.op === 'Identity' ? read.edges[0]?.node : undefined) ?? '');
  const epsilon = scalarValue(graph, sum?.edges[1]?.node ?? '');
  return variance !== undefined && isVariable(variance) && epsilon !== undefined ? { name, variance: variance.name, epsilon } : undefined;
}
