/** A network small enough for a software GPU: five layers on 16×16 pixels, weights and pictures from a seed. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { attr } from '../../../scripts/sample/attrs.ts';
import { random } from '../../../scripts/sample/random.ts';
import { checkpointFiles } from '../../../worker/formats/checkpoint.ts';
import { versionsField } from '../../../worker/formats/graphDef.ts';
import { writeNpy } from '../../../worker/formats/npy.ts';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { Graph, GraphNode, type NodeSpec } from '../../../worker/graph/graph.ts';
import { graphBytes } from '../../../worker/graph/graphFile.ts';

/** Names and shape that the page guesses. */
export const TINY_INTERFACE = { input: 'input', output: 'probabilities', shape: [16, 16, 3] } as const;
const IMAGES = 8;
const SEED = 20;

/** Paths of the network on disk. */
export interface TinyFiles {
  readonly folder: string;
  readonly graph: string;
  /** The two parts of its checkpoint. */
  readonly checkpoint: readonly string[];
  /** Eight pictures. */
  readonly calibration: string;
}

/** How the network is exported. */
export interface TinyForm {
  /** Its batch norms compute statistics. */
  readonly training?: boolean;
  /** Its last layer has no bias. */
  readonly biasless?: boolean;
  /** How many it tells apart; 5 where absent. */
  readonly classes?: number;
  /** A channel of its depthwise layer is larger than the others, and a sum sees the channels, so that they cannot be equalized. */
  readonly lifted?: boolean;
  /** It has a second input, `depth`, of one channel. */
  readonly depth?: boolean;
}

/** Shape of the second input. */
export const TINY_DEPTH = [16, 16, 1] as const;

/** The network and the values of its variables. */
export function tinyGraph(form: TinyForm = {}): { readonly graph: Graph; readonly values: ReadonlyMap<string, Tensor> } {
  const draw = random(SEED);
  const writer = new Writer((shape, low, high) => Array.from({ length: count(shape) }, () => draw.between(low, high)), form);
  writer.node('probabilities', 'Softmax', [layers(writer)]);
  if (form.lifted === true) lift(writer.values, 'depthwise/BatchNorm/gamma');
  return { graph: new Graph(writer.nodes, { rest: [versionsField()] }), values: writer.values };
}

/** Writes `tiny.pb`, `tiny.ckpt.*` and `calibration_set.npy` into a folder, which is made. */
export async function writeTinyNetwork(folder: string, form: TinyForm = {}): Promise<TinyFiles> {
  const { graph, values } = tinyGraph(form);
  await mkdir(folder, { recursive: true });
  const files: TinyFiles = {
    folder,
    graph: path.join(folder, 'tiny.pb'),
    checkpoint: ['index', 'data-00000-of-00001'].map((ending) => path.join(folder, `tiny.ckpt.${ending}`)),
    calibration: path.join(folder, 'calibration_set.npy'),
  };
  await writeFile(files.graph, Buffer.concat(graphBytes(graph)));
  for (const { name, blob } of checkpointFiles('tiny.ckpt', values))
    await writeFile(path.join(folder, name), Buffer.from(await blob.arrayBuffer()));
  await writeFile(files.calibration, tinyPictures(IMAGES));
  return files;
}

/** A calibration set for the network, as `.npy`. */
export function tinyPictures(images: number, imageShape: readonly number[] = TINY_INTERFACE.shape): Uint8Array {
  const draw = random(SEED + images);
  const shape = [images, ...imageShape];
  const values = Float32Array.from({ length: count(shape) }, () => draw.between(-1, 1));
  return writeNpy(makeTensor('float32', shape, values));
}

/** A convolution, a depthwise one, two pointwise ones whose results are added, and the logits over the mean of each channel. */
function layers(writer: Writer): string {
  writer.bare('input', 'Placeholder', [], { dtype: FLOAT, shape: attr.shape([-1, ...TINY_INTERFACE.shape]) });
  const first = writer.form.depth === true ? bothInputs(writer) : writer.convolution('conv', 'input', [3, 3, 3, 8], 2, 'Relu6');
  const depthwise = writer.convolution('depthwise', first, [3, 3, 8, 1], 1, 'Relu');
  const read = writer.form.lifted === true ? writer.node('residual', 'Add', [depthwise, first]) : depthwise;
  const left = writer.convolution('left', read, [1, 1, 8, 16], 1, 'Relu6');
  const right = writer.convolution('right', read, [1, 1, 8, 16], 1, 'Relu6');
  const sum = writer.node('sum', 'Add', [left, right]);
  const pooled = writer.node('pool', 'AvgPool', [sum], { ksize: attr.ints([1, 8, 8, 1]), ...window(1), padding: attr.text('VALID') });
  const classes = writer.form.classes ?? 5;
  const weights = writer.variable('logits/weights', [1, 1, 16, classes], -0.5, 0.5);
  const product = writer.node('logits/Conv2D', 'Conv2D', [pooled, weights], window(1));
  if (writer.form.biasless === true) return writer.node('squeeze', 'Squeeze', [product], { squeeze_dims: attr.ints([1, 2]) });
  const biased = writer.node('logits/BiasAdd', 'BiasAdd', [product, writer.variable('logits/biases', [classes], -0.2, 0.2)], FORMAT);
  return writer.node('squeeze', 'Squeeze', [biased], { squeeze_dims: attr.ints([1, 2]) });
}

function bothInputs(writer: Writer): string {
  writer.bare('depth', 'Placeholder', [], { dtype: FLOAT, shape: attr.shape([-1, ...TINY_DEPTH]) });
  const image = writer.convolution('conv', 'input', [3, 3, 3, 8], 2, 'Relu6');
  return writer.node('join', 'Add', [image, writer.convolution('near', 'depth', [3, 3, 1, 8], 2, 'Relu6')]);
}

function lift(values: Map<string, Tensor>, name: string): void {
  const value = values.get(name);
  if (value === undefined) throw new Error(name);
  const numbers = Array.from(tensorNumbers(value), (number, channel) => (channel === 0 ? 64 * number : number));
  values.set(name, makeTensor('float32', value.shape, numbers));
}

const FLOAT = attr.type('float32');
const FORMAT = { data_format: attr.text('NHWC') };
const window = (stride: number): NonNullable<NodeSpec['attrs']> => ({
  ...FORMAT,
  strides: attr.ints([1, stride, stride, 1]),
  padding: attr.text('SAME'),
});
const count = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

class Writer {
  readonly nodes: GraphNode[] = [];
  readonly values = new Map<string, Tensor>();
  readonly form: TinyForm;
  readonly draw: (shape: readonly number[], low: number, high: number) => readonly number[];

  constructor(draw: Writer['draw'], form: TinyForm) {
    this.draw = draw;
    this.form = form;
  }

  bare(name: string, op: string, inputs: readonly string[], attrs: NonNullable<NodeSpec['attrs']>): string {
    this.nodes.push(GraphNode.make({ name, op, inputs, attrs }));
    return name;
  }

  node(name: string, op: string, inputs: readonly string[], attrs: NonNullable<NodeSpec['attrs']> = {}): string {
    return this.bare(name, op, inputs, { T: FLOAT, ...attrs });
  }

  /** A variable, its value for the checkpoint, and the name of what reads it. */
  variable(name: string, shape: readonly number[], low: number, high: number): string {
    this.bare(name, 'VariableV2', [], { dtype: FLOAT, shape: attr.shape(shape), container: attr.text(''), shared_name: attr.text('') });
    this.values.set(name, makeTensor('float32', shape, this.draw(shape, low, high)));
    return this.node(`${name}/read`, 'Identity', [name]);
  }

  /** Convolution (depthwise where each channel gives one), batch norm, activation. */
  convolution(scope: string, x: string, shape: readonly [number, number, number, number], stride: number, activation: string): string {
    const depthwise = shape[3] === 1;
    const [channels, op] = depthwise ? [shape[2], 'DepthwiseConv2dNative'] : [shape[3], 'Conv2D'];
    const reach = 1 / Math.sqrt(shape[0] * shape[1] * (depthwise ? 1 : shape[2]));
    const product = this.node(`${scope}/${op}`, op, [x, this.variable(`${scope}/weights`, shape, -reach, reach)], window(stride));
    const parameters = [
      this.variable(`${scope}/BatchNorm/gamma`, [channels], 0.5, 2),
      this.variable(`${scope}/BatchNorm/beta`, [channels], -0.2, 0.5),
      this.variable(`${scope}/BatchNorm/moving_mean`, [channels], -0.2, 0.2),
      this.variable(`${scope}/BatchNorm/moving_variance`, [channels], 0.1, 0.5),
    ];
    const normalized = this.node(`${scope}/BatchNorm/FusedBatchNorm`, 'FusedBatchNorm', [product, ...parameters], {
      ...FORMAT,
      epsilon: attr.float(0.001),
      is_training: attr.flag(this.form.training === true),
    });
    if (this.form.training === true) {
      this.movingAverage(`${scope}/BatchNorm/AssignMovingAvg`, `${scope}/BatchNorm/moving_mean`, `${normalized}:1`);
      this.movingAverage(`${scope}/BatchNorm/AssignMovingAvg_1`, `${scope}/BatchNorm/moving_variance`, `${normalized}:2`);
    }
    return this.node(`${scope}/${activation}`, activation, [normalized]);
  }

  /** What a training step would bring a moving average nearer to the batch with; nothing runs it here. */
  movingAverage(update: string, average: string, batch: string): void {
    this.node(update, 'AssignSub', [average, this.node(`${update}/sub`, 'Sub', [`${average}/read`, batch])]);
  }
}
