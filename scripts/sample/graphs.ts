import { versionsField } from '../../worker/formats/graphDef.ts';
import { Graph } from '../../worker/graph/graph.ts';
import { attr, floats, ints } from './attrs.ts';
import { type Form, GraphWriter } from './graphNodes.ts';
import { IMAGE_SIZE } from './images.ts';
import {
  biasName,
  DECAY,
  EPSILON,
  INPUT,
  LAYERS,
  type Layer,
  POOLED_SIZE,
  SCOPE,
  statisticName,
  WEIGHT_DECAY,
  type Weights,
  weightsName,
  weightsShape,
} from './network.ts';
import { addSaver } from './saver.ts';
import { CLASSES } from './shapes.ts';

/** GraphDef version of TensorFlow 1.14. */
const PRODUCER = 38;

/** The network in one of its forms, named and built up as slim's `mobilenet_v1` is, and what the collections of a metagraph list. */
export function buildGraph(
  form: Form,
  weights: Weights,
): { graph: Graph; lists: Pick<GraphWriter, 'variables' | 'updates' | 'penalties'> } {
  const writer = new GraphWriter(form, weights);
  let features = writer.bare(INPUT, 'Placeholder', [], { dtype: attr.type('float32'), shape: attr.shape([-1, IMAGE_SIZE, IMAGE_SIZE, 3]) });
  for (const layer of LAYERS) features = layer.kind === 'logits' ? addLogits(writer, layer, features) : addLayer(writer, layer, features);
  addPredictions(writer, features);
  if (form === 'training') addSaver(writer);
  return { graph: new Graph(writer.nodes, { rest: [versionsField(PRODUCER)] }), lists: writer };
}

function addLayer(writer: GraphWriter, layer: Layer, features: string): string {
  const scope = `${SCOPE}/${SCOPE}/${layer.name}`;
  const product = layer.kind === 'depthwise' ? addDepthwise(writer, layer, scope, features) : addConv(writer, layer, scope, features);
  const normalized = addBatchNorm(writer, layer, scope, product);
  return writer.node(`${scope}/${layer.activation}`, layer.activation, [normalized]);
}

function addConv(writer: GraphWriter, layer: Layer, scope: string, features: string): string {
  const weights = writer.variable(weightsName(layer), weightsShape(layer), 'truncated_normal');
  if (writer.form !== 'frozen') addPenalty(writer, `${scope}/kernel/Regularizer/l2_regularizer`, weights);
  if (layer.kind === 'logits')
    return addConvolution(writer, layer, scope, features, weights, writer.variable(biasName(layer), [layer.outputs], 'zeros'));
  return addConvolution(writer, layer, scope, features, weights);
}

function addConvolution(writer: GraphWriter, layer: Layer, scope: string, features: string, weights: string, bias?: string): string {
  if (writer.form !== 'frozen') writer.constant(`${scope}/dilation_rate`, ints([1, 1]));
  const product = writer.node(`${scope}/Conv2D`, 'Conv2D', [features, weights], {
    ...convolutionAttrs(layer),
    explicit_paddings: attr.ints([]),
    use_cudnn_on_gpu: attr.flag(true),
  });
  return bias === undefined ? product : writer.node(`${scope}/BiasAdd`, 'BiasAdd', [product, bias], { data_format: attr.text('NHWC') });
}

function addDepthwise(writer: GraphWriter, layer: Layer, scope: string, features: string): string {
  const weights = writer.variable(weightsName(layer), weightsShape(layer), 'truncated_normal');
  if (writer.form !== 'frozen') {
    writer.constant(`${scope}/depthwise/Shape`, ints(weightsShape(layer)));
    writer.constant(`${scope}/depthwise/dilation_rate`, ints([1, 1]));
  }
  return writer.node(`${scope}/depthwise`, 'DepthwiseConv2dNative', [features, weights], convolutionAttrs(layer));
}

function convolutionAttrs(layer: Layer) {
  return {
    data_format: attr.text('NHWC'),
    dilations: attr.ints([1, 1, 1, 1]),
    padding: attr.text('SAME'),
    strides: attr.ints([1, layer.stride, layer.stride, 1]),
  };
}

function addPenalty(writer: GraphWriter, scope: string, weights: string): void {
  const scale = writer.constant(`${scope}/scale`, floats([WEIGHT_DECAY]));
  const loss = writer.node(`${scope}/L2Loss`, 'L2Loss', [weights]);
  writer.penalties.push(writer.node(scope, 'Mul', [scale, loss]));
}

function addBatchNorm(writer: GraphWriter, layer: Layer, layerScope: string, product: string): string {
  const scope = `${layerScope}/BatchNorm`;
  const shape = [layer.outputs];
  const gamma = writer.variable(statisticName(layer, 'gamma'), shape, 'ones');
  const beta = writer.variable(statisticName(layer, 'beta'), shape, 'zeros');
  const mean = writer.variable(statisticName(layer, 'moving_mean'), shape, 'zeros', false);
  const variance = writer.variable(statisticName(layer, 'moving_variance'), shape, 'ones', false);
  const attrs = { data_format: attr.text('NHWC'), epsilon: attr.float(EPSILON), is_training: attr.flag(writer.form === 'training') };
  const name = `${scope}/FusedBatchNorm`;
  if (writer.form !== 'training') {
    writer.node(name, 'FusedBatchNorm', [product, gamma, beta, mean, variance], attrs);
    if (writer.form === 'inference') writer.constant(`${scope}/Const`, floats([DECAY]));
    return name;
  }
  const none = [writer.constant(`${scope}/Const`, floats([], [0])), writer.constant(`${scope}/Const_1`, floats([], [0]))];
  writer.node(name, 'FusedBatchNorm', [product, gamma, beta, ...none], attrs);
  const decay = writer.constant(`${scope}/Const_2`, floats([DECAY]));
  addMovingAverage(writer, `${scope}/AssignMovingAvg`, statisticName(layer, 'moving_mean'), `${name}:1`, decay);
  addMovingAverage(writer, `${scope}/AssignMovingAvg_1`, statisticName(layer, 'moving_variance'), `${name}:2`, decay);
  return name;
}

/** variable −= (variable − value)·(1 − decay). */
function addMovingAverage(writer: GraphWriter, scope: string, variable: string, value: string, decay: string): void {
  const place = { _class: attr.beside(variable) };
  const one = writer.constant(`${scope}/sub/x`, floats([1]), place);
  const share = writer.node(`${scope}/sub`, 'Sub', [one, decay], place);
  const distance = writer.node(`${scope}/sub_1`, 'Sub', [`${variable}/read`, value], place);
  const step = writer.node(`${scope}/mul`, 'Mul', [distance, share], place);
  writer.updates.push(writer.node(scope, 'AssignSub', [variable, step], { use_locking: attr.flag(false), ...place }));
}

function addLogits(writer: GraphWriter, layer: Layer, features: string): string {
  const pooled = writer.node(`${SCOPE}/Logits/AvgPool_1a/AvgPool`, 'AvgPool', [features], {
    data_format: attr.text('NHWC'),
    ksize: attr.ints([1, POOLED_SIZE, POOLED_SIZE, 1]),
    padding: attr.text('VALID'),
    strides: attr.ints([1, 2, 2, 1]),
  });
  const logits = addConv(writer, layer, `${SCOPE}/Logits/${layer.name}`, pooled);
  return writer.node(`${SCOPE}/Logits/SpatialSqueeze`, 'Squeeze', [logits], { squeeze_dims: attr.ints([1, 2]) });
}

function addPredictions(writer: GraphWriter, logits: string): void {
  const scope = `${SCOPE}/Predictions`;
  const shapeType = { Tshape: attr.type('int32') };
  const rows = writer.node(
    `${scope}/Reshape`,
    'Reshape',
    [logits, writer.constant(`${scope}/Reshape/shape`, ints([-1, CLASSES.length]))],
    shapeType,
  );
  const softmax = writer.node(`${scope}/Softmax`, 'Softmax', [rows]);
  if (writer.form === 'frozen') return;
  const shape = writer.node(`${scope}/Shape`, 'Shape', [logits], { out_type: attr.type('int32') });
  writer.node(`${scope}/Reshape_1`, 'Reshape', [softmax, shape], shapeType);
}
