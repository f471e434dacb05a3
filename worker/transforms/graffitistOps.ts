import type { Graph } from '../graph/graph.ts';
import type { Model } from '../graph/model.ts';

/** The ops that Graffitist 2.0.3 takes; it refuses graphs with any other. */
const OPS: ReadonlySet<string> = new Set(
  `Mul PlaceholderWithDefault Const Assign Identity Mean VariableV2 BiasAdd Conv2D Sub MaxPool Relu LeakyRelu MatMul Softmax Reshape Add
  Placeholder RandomUniform AvgPool ConcatV2 L2Loss Squeeze Fill Shape Maximum FusedBatchNorm TruncatedNormal DepthwiseConv2dNative Pack
  StridedSlice Pad Relu6 AssignSub NoOp RestoreV2 SaveV2 AssignVariableOp ReadVariableOp VarHandleOp VarIsInitializedOp Transpose`.split(
    /\s+/,
  ),
);

/**
 * Whether Graffitist refuses the graph that a pipeline started from, so that there is no graph of its to follow: what it leaves in float
 * or changes the numbers of is then done right by default.
 */
export function isRefused({ graph, refused }: Pick<Model, 'graph' | 'refused'>): boolean {
  return refused ?? !takenByGraffitist(graph);
}

/** Whether Graffitist takes a graph, so that its result is the one to give. */
function takenByGraffitist(graph: Graph): boolean {
  return graph.nodes.every(({ op }) => OPS.has(op));
}
