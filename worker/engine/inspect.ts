import type { Tensor } from '../formats/tensor.ts';
import { tensorValues } from '../formats/tensorValues.ts';
import type { GraphNode } from '../graph/graph.ts';
import type { NodeDetail, StepReport, TensorPreview, WhyRow } from '../protocol.ts';
import { attributeText } from './attributeText.ts';
import { openedInFloat, type StageState, stageQuantizers } from './stage.ts';

const PREVIEW_VALUES = 64;

/** Everything the inspector shows of one node. Values are read only for this node, from the graph or its checkpoint. */
export async function inspectNode(stage: StageState, name: string, steps: readonly StepReport[]): Promise<NodeDetail> {
  const { graph, shapes } = stage.model;
  const node = graph.node(name);
  const outputs = shapes.get(name) ?? [null];
  const value = await nodeValue(stage, node);
  return {
    name,
    op: node.op,
    device: node.device,
    inputs: node.edges.map((edge) => ({
      name: edge.port === 0 ? edge.node : `${edge.node}:${edge.port}`,
      shape: shapes.get(edge.node)?.[edge.port] ?? null,
    })),
    controls: node.controls,
    outputs: outputs.map((shape, port) => ({
      shape,
      users: graph
        .uses(name)
        .filter((use) => use.port === port)
        .map((use) => use.consumer.name),
    })),
    attributes: [...node.attrs.keys()].sort().map((attribute) => {
      const decoded = node.attr(attribute);
      return { name: attribute, value: decoded === undefined ? '' : attributeText(decoded) };
    }),
    values: value === null ? null : preview(value),
    quantizers: stageQuantizers(stage)
      .filter((quantizer) => quantizer.source === name || quantizer.node === name || quantizer.threshold === name)
      .map((quantizer) => quantizer.name),
    why: [...whyRows(name, steps), ...(stage.step === null ? openedRows(stage, name) : [])],
  };
}

async function nodeValue(stage: StageState, node: GraphNode): Promise<Tensor | null> {
  if (node.op === 'Const') {
    const value = node.attr('value');
    return value?.kind === 'tensor' ? value.value : null;
  }
  if (!/^(Variable|VariableV2|VarHandleOp)$/.test(node.op)) return null;
  return stage.model.variables.entries.has(node.name) ? stage.model.variables.read(node.name) : null;
}

function preview(tensor: Tensor): TensorPreview {
  const head = { dtype: tensor.dtype, shape: tensor.shape };
  if (tensor.strings !== undefined) return { ...head, bytes: 0, values: [], min: null, max: null, mean: null };
  const values = tensorValues(tensor);
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (const item of values) {
    const value = Number(item);
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
  }
  const some = values.length > 0;
  return {
    ...head,
    bytes: tensor.bytes.length,
    values: Array.from(values.subarray(0, PREVIEW_VALUES), Number),
    min: some ? min : null,
    max: some ? max : null,
    mean: some ? sum / values.length : null,
  };
}

/** Why a node of a graph that was opened quantized is in float. */
function openedRows({ model }: StageState, name: string): WhyRow[] {
  return openedInFloat(model.graph, model.inputs)
    .filter(({ node }) => node === name)
    .map(({ rule, reason, remedy, nearest }) => ({
      step: 'quantize',
      rule,
      text: `Left alone: ${reason}`,
      remedy: remedy ?? null,
      nearest,
    }));
}

/** Which steps made, changed or left a node alone. */
function whyRows(name: string, steps: readonly StepReport[]): WhyRow[] {
  return steps.flatMap((step) => [
    ...step.changes
      .filter((change) => change.before.includes(name) || change.after.includes(name))
      .map((change): WhyRow => ({ step: step.transform, rule: change.rule, text: change.summary, remedy: null })),
    ...step.skipped
      .filter((skip) => skip.node === name)
      .map(
        (skip): WhyRow => ({
          step: step.transform,
          rule: skip.rule,
          text: `Left alone: ${skip.reason}`,
          remedy: skip.remedy ?? null,
          ...(skip.nearest === undefined ? {} : { nearest: skip.nearest }),
        }),
      ),
    ...[...step.warnings, ...(step.calibration?.warnings ?? [])]
      .filter((warning) => warning.node === name)
      .map((warning): WhyRow => ({ step: step.transform, rule: warning.rule, text: warning.text, remedy: null })),
  ]);
}
