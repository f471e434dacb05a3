import type { Model } from '../graph/model.ts';

/** The ops that Graffitist 2.0.3 takes; it refuses graphs with any other. */
const OPS: ReadonlySet<string> = new Set(
  `Mul PlaceholderWithDefault Const Assign Identity Mean VariableV2 BiasAdd Conv2D Sub MaxPool Relu LeakyRelu MatMul Softmax Reshape Add
  Placeholder RandomUniform AvgPool ConcatV2 L2Loss Squeeze Fill Shape Maximum FusedBatchNorm TruncatedNormal DepthwiseConv2dNative Pack
  StridedSlice Pad Relu6 AssignSub NoOp RestoreV2 SaveV2 AssignVariableOp ReadVariableOp VarHandleOp VarIsInitializedOp Transpose`.split(
    /\s+/,
  ),
);

/** Whether Graffitist takes the graph that was opened, so that its result is the one to give. */
export function takenByGraffitist({ graph, takenByGraffitist: opened }: Pick<Model, 'graph' | 'takenByGraffitist'>): boolean {
  return opened ?? graph.nodes.every(({ op }) => OPS.has(op));
}
