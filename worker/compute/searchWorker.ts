import { answerDistance, outputDistance } from '../evaluate/distance.ts';
import type { Backend } from '../execute/backend.ts';
import type { Tensor } from '../formats/tensor.ts';
import { makeTensor, type NumberArray, tensorNumbers } from '../formats/tensorValues.ts';
import { type CallContext, Transferred } from './channel.ts';
import { openImages } from './images.ts';
import type { ComputeCalls, NetworkToEvaluate } from './messages.ts';
import { type OpenNetwork, openNetwork } from './openNetwork.ts';

/** Some images as they are fed, and what the float network answered, output by output. */
interface Chunk {
  readonly images: Tensor;
  readonly float: readonly NumberArray[];
}

/** A quantized network that is run again and again with other thresholds, on the same images, beside the float network's outputs. */
export class SearchWorker {
  readonly #network: NetworkToEvaluate;
  readonly #float: NetworkToEvaluate;
  readonly #opened: OpenNetwork;
  readonly #chunks: readonly Chunk[];

  private constructor(float: NetworkToEvaluate, network: NetworkToEvaluate, opened: OpenNetwork, chunks: readonly Chunk[]) {
    this.#float = float;
    this.#network = network;
    this.#opened = opened;
    this.#chunks = chunks;
  }

  /** Runs the float network on the images. @throws GraffitistError whatever stops a run, naming the node; `cancelled` */
  static async open(
    { float, quantized, images }: ComputeCalls['openSearch']['args'],
    backend: Backend,
    context: CallContext,
  ): Promise<SearchWorker> {
    const teacher = await openNetwork(float, backend);
    const chunks: Chunk[] = [];
    try {
      for (const range of images) {
        const { shape, count, read } = await openImages(range);
        const fed = makeTensor('float32', [count, ...shape], await read(0, count));
        chunks.push({ images: fed, float: await outputsOf(float, teacher, fed, context) });
      }
    } finally {
      teacher.dispose();
    }
    return new SearchWorker(float, quantized, await openNetwork(quantized, backend), chunks);
  }

  /** Sets thresholds, then says how far each image's outputs are from the float ones. @throws GraffitistError what stops a run; `cancelled` */
  async distance({ log2 }: ComputeCalls['distance']['args'], context: CallContext): Promise<Transferred<Float64Array>> {
    for (const { variable, value, dtype } of log2) this.#opened.runner.assign(variable, makeTensor(dtype, [], [value]));
    const found: number[] = [];
    for (const { images, float } of this.#chunks) {
      const quantized = await outputsOf(this.#network, this.#opened, images, context);
      const count = images.shape[0] ?? 0;
      for (let image = 0; image < count; image++) found.push(this.#imageDistance(float, quantized, image, count));
    }
    const distances = Float64Array.from(found);
    return new Transferred(distances, [distances.buffer]);
  }

  dispose(): void {
    this.#opened.dispose();
  }

  #imageDistance(float: readonly NumberArray[], quantized: readonly NumberArray[], image: number, count: number): number {
    const row = (values: NumberArray | undefined) =>
      values?.subarray((image * values.length) / count, ((image + 1) * values.length) / count);
    const [ours, theirs] = [this.#network.scored, this.#float.scored];
    if (ours !== null && theirs !== null) {
      return answerDistance(row(float[theirs.at]) ?? [], row(quantized[ours.at]) ?? [], [theirs.loss, ours.loss]);
    }
    return float.reduce((sum, values, k) => sum + outputDistance(row(values) ?? [], row(quantized[k]) ?? []), 0);
  }
}

async function outputsOf(
  network: NetworkToEvaluate,
  { runner }: OpenNetwork,
  images: Tensor,
  { signal }: CallContext,
): Promise<NumberArray[]> {
  const computed = await runner.run(new Map([[network.input, images]]), { signal });
  return network.outputs.map((output) => {
    const values = computed.get(output);
    return values === undefined ? new Float32Array(0) : tensorNumbers(values);
  });
}
