import { GraffitistError } from '../errors.ts';
import { SUMS, writePairSums } from '../evaluate/agreement.ts';
import { type Answers, answerImage, noAnswers } from '../evaluate/answers.ts';
import type { Backend } from '../execute/backend.ts';
import { Constants } from '../execute/constants.ts';
import { createBackend } from '../execute/createBackend.ts';
import { needsFloat64 } from '../execute/exactness.ts';
import { Runner } from '../execute/execute.ts';
import { Session } from '../execute/session.ts';
import type { NumberArray } from '../formats/tensorValues.ts';
import { makeTensor, tensorNumbers } from '../formats/tensorValues.ts';
import { parseEdge } from '../graph/graph.ts';
import { type CallContext, Transferred } from './channel.ts';
import { imagesPerCall } from './chunking.ts';
import type { BatchAnswers, ComputeCalls, NetworkToEvaluate } from './messages.ts';
import { openPortable } from './portableModel.ts';

/** Batches stay this small however small the network is: progress is seen, and all workers get some. */
const MOST_IMAGES = 64;

/** A network with its constants on the backend. */
interface OpenNetwork {
  readonly network: NetworkToEvaluate;
  readonly session: Session;
  readonly runner: Runner;
  /** Where the graph needs float64 that the worker's backend does not have. */
  readonly reference: Backend | null;
  readonly imagesPerCall: number;
}

/** One or two networks that stay open from batch to batch: graph, weights and kernels are prepared once. */
export class Evaluator {
  readonly imagesPerCall: number;
  readonly #networks: readonly OpenNetwork[];
  readonly #shape: readonly number[];
  /** The call before, whether it failed or not. */
  #before: Promise<unknown> = Promise.resolve();

  private constructor(networks: readonly OpenNetwork[], shape: readonly number[]) {
    this.#networks = networks;
    this.#shape = shape;
    this.imagesPerCall = Math.min(...networks.map((network) => network.imagesPerCall));
  }

  /** @throws GraffitistError whatever would stop a run, naming the node, before any work */
  static async open({ networks, shape }: ComputeCalls['openNetworks']['args'], backend: Backend): Promise<Evaluator> {
    const opened: OpenNetwork[] = [];
    try {
      for (const network of networks) opened.push(await openNetwork(network, shape, backend));
    } catch (error) {
      for (const network of opened) close(network);
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
    for (const network of this.#networks) close(network);
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

async function openNetwork(network: NetworkToEvaluate, shape: readonly number[], backend: Backend): Promise<OpenNetwork> {
  const { graph, variables } = await openPortable(network.model);
  const feeds = [network.input];
  const nodes = network.outputs.map((output) => parseEdge(output).node);
  const wide = backend.name !== 'reference' && (await needsFloat64(graph, new Constants(graph, variables, new Set(feeds)), nodes));
  const reference = wide ? await createBackend('reference') : null;
  const session = new Session(graph, { variables, backend: reference ?? backend, feeds });
  const step = imagesPerCall(session, [{ input: network.input, shape, count: MOST_IMAGES }]);
  return { network, session, runner: new Runner(session, network.outputs), reference, imagesPerCall: step };
}

function close({ session, reference }: OpenNetwork): void {
  session.dispose();
  reference?.dispose();
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
