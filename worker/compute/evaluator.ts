import { GraffitistError } from '../errors.ts';
import { SUMS, writePairSums } from '../evaluate/agreement.ts';
import { type Answers, answerImage, noAnswers } from '../evaluate/answers.ts';
import type { Backend } from '../execute/backend.ts';
import type { Runner } from '../execute/execute.ts';
import type { NumberArray } from '../formats/tensorValues.ts';
import { makeTensor, tensorNumbers } from '../formats/tensorValues.ts';
import { type CallContext, Transferred } from './channel.ts';
import { imagesPerCall } from './chunking.ts';
import type { BatchAnswers, ComputeCalls, NetworkToEvaluate } from './messages.ts';
import { type OpenNetwork, openNetwork } from './openNetwork.ts';

/** Batches stay this small however small the network is: progress is seen, and all workers get some. */
const MOST_IMAGES = 64;

/** A network that lies open, and how many images it takes at a time. */
interface Evaluated extends OpenNetwork {
  readonly network: NetworkToEvaluate;
  readonly imagesPerCall: number;
}

/** One or two networks that stay open from batch to batch: graph, weights and kernels are prepared once. */
export class Evaluator {
  readonly imagesPerCall: number;
  readonly #networks: readonly Evaluated[];
  readonly #shape: readonly number[];
  /** The call before, whether it failed or not. */
  #before: Promise<unknown> = Promise.resolve();

  private constructor(networks: readonly Evaluated[], shape: readonly number[]) {
    this.#networks = networks;
    this.#shape = shape;
    this.imagesPerCall = Math.min(...networks.map((network) => network.imagesPerCall));
  }

  /** @throws GraffitistError whatever would stop a run, naming the node, before any work */
  static async open({ networks, shape }: ComputeCalls['openNetworks']['args'], backend: Backend): Promise<Evaluator> {
    const opened: Evaluated[] = [];
    try {
      for (const network of networks) opened.push(await openToEvaluate(network, shape, backend));
    } catch (error) {
      for (const network of opened) network.dispose();
      throw error;
    }
    return new Evaluator(opened, shape);
  }

  /** One call after another, so that the next batch can lie ready. @throws GraffitistError whatever stops a run, naming the node; `cancelled` */
  evaluate(args: ComputeCalls['evaluate']['args'], context: CallContext): Promise<Transferred<BatchAnswers>> {
    const answers = this.#before.then(() => this.#evaluate(args, context));
    this.#before = answers.catch(() => undefined);
    return answers;
  }

  dispose(): void {
    for (const network of this.#networks) network.dispose();
  }

  async #evaluate({ values, labels }: ComputeCalls['evaluate']['args'], context: CallContext): Promise<Transferred<BatchAnswers>> {
    const images = labels.length;
    const pairs = this.#networks.length === 2 ? (this.#networks[0]?.network.outputs.length ?? 0) : 0;
    const result = {
      answers: this.#networks.map(({ network }) => noAnswers(network.scored === null ? 0 : images)),
      pairs: new Float64Array(images * pairs * SUMS),
    };
    const perImage = values.length / Math.max(1, images);
    for (let first = 0; first < images; first += this.imagesPerCall) {
      const count = Math.min(this.imagesPerCall, images - first);
      const fed = makeTensor('float32', [count, ...this.#shape], values.subarray(first * perImage, (first + count) * perImage));
      const outputs: (readonly NumberArray[])[] = [];
      for (const { network, runner } of this.#networks) {
        const computed = await runner.run(new Map([[network.input, fed]]), { signal: context.signal });
        outputs.push(network.outputs.map((output) => rowsOf(output, computed, count)));
      }
      this.#answer(result, outputs, labels, { first, count });
      context.progress(first + count);
    }
    return new Transferred(result, [...result.answers.flatMap(buffersOf), result.pairs.buffer]);
  }

  #answer(
    result: BatchAnswers,
    outputs: readonly (readonly NumberArray[])[],
    labels: Int32Array,
    { first, count }: { readonly first: number; readonly count: number },
  ): void {
    for (const [k, { network }] of this.#networks.entries()) {
      const scores = outputs[k]?.[network.scored?.at ?? -1];
      const into = result.answers[k];
      if (network.scored === null || scores === undefined || into === undefined) continue;
      const { classes, loss } = network.scored;
      for (let image = 0; image < count; image++) {
        const row = scores.subarray(image * classes, (image + 1) * classes);
        answerImage(into, first + image, row, labels[first + image] ?? -1, loss);
      }
    }
    const [x = [], y] = outputs;
    if (y === undefined) return;
    for (const [k, left] of x.entries()) {
      const right = y[k];
      if (right === undefined || right.length !== left.length) {
        throw new GraffitistError('internal', 'Outputs of two sizes were to be compared.');
      }
      const size = left.length / count;
      for (let image = 0; image < count; image++) {
        const [from, to] = [image * size, (image + 1) * size];
        writePairSums(result.pairs, ((first + image) * x.length + k) * SUMS, left.subarray(from, to), right.subarray(from, to));
      }
    }
  }
}

async function openToEvaluate(network: NetworkToEvaluate, shape: readonly number[], backend: Backend): Promise<Evaluated> {
  const opened = await openNetwork(network, backend);
  return { ...opened, network, imagesPerCall: imagesPerCall(opened.session, [{ input: network.input, shape, count: MOST_IMAGES }]) };
}

/** An output's elements, image after image; of a single image all there is. @throws GraffitistError `shape-mismatch` where it has no row per image */
function rowsOf(output: string, computed: Awaited<ReturnType<Runner['run']>>, images: number): NumberArray {
  const result = computed.get(output);
  if (result !== undefined && (images === 1 || result.shape[0] === images)) return tensorNumbers(result);
  throw new GraffitistError('shape-mismatch', `Output '${output}' does not have one row per image.`, { about: output });
}

function buffersOf({ top, values, rank, loss }: Answers): ArrayBufferLike[] {
  return [top.buffer, values.buffer, rank.buffer, loss.buffer];
}
