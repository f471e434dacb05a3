import { GraffitistError } from '../errors.ts';
import type { Backend } from '../execute/backend.ts';
import { Session } from '../execute/session.ts';
import { makeTensor } from '../formats/tensorValues.ts';
import { type Edge, edgeText, parseEdge } from '../graph/graph.ts';
import { type ImageMoments, imageMoments } from '../train/channelMoments.ts';
import { Breather } from './breather.ts';
import { type CallContext, Transferred } from './channel.ts';
import { imagesPerCall } from './chunking.ts';
import { Frontier } from './frontier.ts';
import { openImages } from './images.ts';
import type { ComputeCalls } from './messages.ts';
import { planReads } from './plan.ts';
import { openPortable } from './portableModel.ts';
import { Budget, floatsOf } from './series.ts';

type Options = ComputeCalls['openStatistics']['args'];

/** One worker's part of measuring what batch norms normalize: its share of the images, tensor by tensor. */
export class StatisticsWorker {
  readonly #session: Session;
  readonly #targets: readonly (Options['targets'][number] & { readonly edge: Edge })[];
  readonly #frontier: Frontier;
  readonly #breather = new Breather();
  /** Tensors by the last measurement that reads them. */
  readonly #releases = new Map<number, string[]>();
  #at = 0;

  private constructor(session: Session, { targets, budgetBytes }: Options, images: ConstructorParameters<typeof Frontier>[0]['images']) {
    this.#session = session;
    this.#targets = targets.map((target) => ({ ...target, edge: parseEdge(target.tensor) }));
    const isInput = (node: string): boolean => session.feeds.has(node);
    const edges = this.#targets.map(({ edge }) => edge);
    const { lastRead } = planReads(session.graph, edges, isInput, (node) => session.constants.has(node));
    for (const [edge, last] of lastRead) this.#releases.set(last, [...(this.#releases.get(last) ?? []), edge]);
    this.#frontier = new Frontier({
      ...{ session, images, budget: new Budget(budgetBytes), breather: this.#breather },
      imagesPerChunk: imagesPerCall(session, images),
      isReadLater: (edge) => (lastRead.get(edge) ?? -1) > this.#at,
    });
  }

  /** @throws GraffitistError where graph, checkpoint or images cannot be read */
  static async open(options: Options, backend: Backend): Promise<StatisticsWorker> {
    const { graph, variables } = await openPortable(options.model);
    const images = await Promise.all(options.images.map(openImages));
    return new StatisticsWorker(new Session(graph, { variables, backend, feeds: images.map(({ input }) => input) }), options, images);
  }

  /** Sets variables, then measures the `at`-th tensor. @throws GraffitistError `data-shape`, `cancelled`, what stops a kernel */
  async moments({ at, values }: ComputeCalls['moments']['args'], context: CallContext): Promise<Transferred<ImageMoments>> {
    const target = this.#targets[at];
    if (target === undefined) throw new GraffitistError('internal', `There is no tensor ${at} to measure.`);
    this.#at = at;
    for (const [name, value] of values) this.#session.assign(name, makeTensor('float32', value.shape, value.values));
    const parts: ImageMoments[] = [];
    await this.#frontier.each(
      target.edge,
      undefined,
      ({ elements, shape }, chunk) => {
        const found = target.channelsFirst ? shape[1] : shape.at(-1);
        if (found !== target.channels) throw misfit(target, shape);
        parts[chunk.index] = imageMoments(floatsOf(elements), chunk.count, target.channels, target.channelsFirst);
        return undefined;
      },
      context,
    );
    for (const edge of this.#releases.get(at) ?? []) this.#frontier.release(edge);
    const all = Float64Array.from(parts.flatMap((part) => [...part.values]));
    return new Transferred({ channels: target.channels, positions: parts[0]?.positions ?? 1, values: all }, [all.buffer]);
  }

  dispose(): void {
    this.#frontier.dispose();
    this.#session.dispose();
    this.#breather.close();
  }
}

function misfit({ tensor, channels }: Options['targets'][number], shape: readonly number[]): GraffitistError {
  return new GraffitistError(
    'data-shape',
    `'${edgeText(parseEdge(tensor))}' is [${shape.join(', ')}], and its batch norm has ${channels} channels.`,
    {
      about: tensor,
    },
  );
}
