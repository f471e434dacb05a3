/**
 * The tensors of one worker's images between the layers done and the layers to come. A tensor is computed when it is asked for, from
 * the nearest ones that are kept, chunk of images by chunk of images; it is kept as long as the plan says that somebody will read it.
 */
import type { Codes } from '../calibrate/codes.ts';
import type { Backend } from '../execute/backend.ts';
import type { BoundNode, Session, StaticNumbers } from '../execute/session.ts';
import { type Edge, edgeText, type GraphNode, parseEdge } from '../graph/graph.ts';
import { inferStatic } from '../ops/inferShapes.ts';
import type { Value } from '../ops/kernels.ts';
import { dataOrder } from '../ops/order.ts';
import type { Breather } from './breather.ts';
import type { CallContext } from './channel.ts';
import type { ImageReader } from './images.ts';
import { type Budget, type Elements, type Piece, Series } from './series.ts';

/** Some images that kernels take together. */
export interface Chunk {
  readonly index: number;
  readonly first: number;
  readonly count: number;
}

/**
 * Takes one chunk of a tensor: its elements are only to be read, and only until the call returns. Where it returns elements of its
 * own, the same numbers in another form, those are kept.
 */
export type Sink = (piece: Piece, chunk: Chunk) => Elements | undefined;

export interface FrontierOptions {
  readonly session: Session;
  readonly images: readonly ImageReader[];
  readonly imagesPerChunk: number;
  readonly budget: Budget;
  readonly breather: Breather;
  /** Whether a later stage reads a tensor: then it is kept. */
  readonly isReadLater: (edge: string) => boolean;
}

export class Frontier {
  readonly chunks: readonly Chunk[];
  readonly #options: FrontierOptions;
  readonly #backend: Backend;
  readonly #kept = new Map<string, Series>();
  readonly #position: ReadonlyMap<string, number>;
  readonly #numbers = new Map<number, StaticNumbers>();
  /** Nodes computed so far, and those whose value has changed since. */
  readonly #computed = new Set<string>();
  readonly #outdated = new Set<string>();
  #recomputed = 0;
  #repeated = 0;

  constructor(options: FrontierOptions) {
    const { images, imagesPerChunk, session } = options;
    const total = images[0]?.count ?? 0;
    this.chunks = Array.from({ length: Math.ceil(total / imagesPerChunk) }, (_, index) => {
      const first = index * imagesPerChunk;
      return { index, first, count: Math.min(imagesPerChunk, total - first) };
    });
    this.#options = options;
    this.#backend = session.backend;
    this.#position = new Map(dataOrder(session.graph).nodes.map((node, index) => [node.name, index]));
  }

  /** Tensors computed again because a threshold behind them moved. */
  get recomputed(): number {
    return this.#recomputed;
  }

  /** Tensors computed more than once because the budget left no room to keep them. */
  get repeated(): number {
    return this.#repeated;
  }

  /** The kept tensor, held for the caller, who releases it. */
  hold(edge: string): Series | undefined {
    return this.#kept.get(edge)?.hold();
  }

  /** Keeps what a quantizer makes of a tensor in the tensor's stead. */
  keepCodes(edge: string, chunk: Chunk, shape: readonly number[], codes: Codes, scale: number): void {
    this.#series(edge).keep(chunk.index, { shape, elements: { codes, scale } });
  }

  release(edge: string): void {
    this.#kept.get(edge)?.release();
    this.#kept.delete(edge);
  }

  dispose(): void {
    for (const edge of [...this.#kept.keys()]) this.release(edge);
  }

  /** Whether some tensor computed so far has read the node's output. */
  isRead(name: string): boolean {
    return this.#options.session.graph.uses(name).some(({ consumer }) => this.#computed.has(consumer.name));
  }

  /** Whether a threshold behind the tensor has moved since it was computed. */
  isOutdated({ node }: Edge): boolean {
    return this.#outdated.has(node);
  }

  /** The node's output changes: what was made from it is forgotten and, where it is read again, computed again. */
  invalidate(name: string): void {
    const { graph } = this.#options.session;
    const open = [name];
    for (let current = open.pop(); current !== undefined; current = open.pop()) {
      for (const edge of [...this.#kept.keys()]) if (parseEdge(edge).node === current) this.release(edge);
      for (const { consumer } of graph.uses(current)) {
        if (!this.#computed.has(consumer.name) || this.#outdated.has(consumer.name)) continue;
        this.#outdated.add(consumer.name);
        open.push(consumer.name);
      }
    }
  }

  /**
   * Every chunk of a tensor, kept or computed now. `series` is where it may lie beside what the frontier keeps.
   * @throws GraffitistError `cancelled`, and whatever stops a kernel, naming the node
   */
  async each(edge: Edge, series: Series | undefined, sink: Sink, context: CallContext): Promise<void> {
    const missing: Chunk[] = [];
    const text = edgeText(edge);
    let done = 0;
    for (const chunk of this.chunks) {
      const piece = series?.piece(chunk.index) ?? this.#kept.get(text)?.piece(chunk.index);
      if (piece === undefined) missing.push(chunk);
      else {
        sink(piece, chunk);
        done += chunk.count;
        context.progress(done);
        await this.#options.breather.pause(context);
      }
    }
    const nodes = new Set<GraphNode>();
    for (const count of new Set(missing.map((chunk) => chunk.count))) {
      const same = missing.filter((chunk) => chunk.count === count);
      for (const node of await this.#compute(edge, same, sink, context, done)) nodes.add(node);
      done += count * same.length;
    }
    for (const { name } of nodes) {
      if (this.#outdated.delete(name)) this.#recomputed++;
      else if (this.#computed.has(name)) this.#repeated++;
      this.#computed.add(name);
    }
  }

  /** @returns the nodes that were computed */
  async #compute(target: Edge, chunks: readonly Chunk[], sink: Sink, context: CallContext, before: number): Promise<readonly GraphNode[]> {
    const { session, breather } = this.#options;
    const image = this.#image(target.node);
    let done = before;
    const finish = async (chunk: Chunk): Promise<void> => {
      done += chunk.count;
      context.progress(done);
      await breather.pause(context);
    };
    if (image !== undefined) {
      for (const chunk of chunks) {
        sink({ shape: [chunk.count, ...image.shape], elements: await image.read(chunk.first, chunk.count) }, chunk);
        await finish(chunk);
      }
      return [];
    }
    const [first] = chunks;
    if (first === undefined) return [];
    const numbers = this.#numbersFor(first.count);
    const nodes = this.#pathTo(target, chunks, numbers);
    const steps: BoundNode[] = [];
    for (const node of nodes) steps.push(await session.bind(node, numbers));
    for (const chunk of chunks) {
      await this.#run(steps, target, chunk, sink, context);
      await finish(chunk);
    }
    for (const node of nodes) session.releaseConstants(node);
    return nodes;
  }

  /** One chunk through the nodes before `target`; every value is released after its last reader. */
  async #run(steps: readonly BoundNode[], target: Edge, chunk: Chunk, sink: Sink, context: CallContext): Promise<void> {
    const { breather, isReadLater } = this.#options;
    const wanted = edgeText(target);
    const left = new Map<string, number>([[wanted, 1]]);
    for (const step of steps) for (const { edge } of step.varying) left.set(edgeText(edge), (left.get(edgeText(edge)) ?? 0) + 1);
    const live = new Map<string, Value>();
    const drop = (edge: string): void => {
      const uses = (left.get(edge) ?? 1) - 1;
      left.set(edge, uses);
      if (uses > 0) return;
      const value = live.get(edge);
      live.delete(edge);
      if (value !== undefined) this.#backend.release(value);
    };
    try {
      for (const step of steps) {
        const inputs: (Value | undefined)[] = [];
        for (const { slot, edge } of step.varying) {
          const text = edgeText(edge);
          const value = live.get(text) ?? (await this.#load(edge, chunk));
          live.set(text, value);
          inputs[slot] = value;
        }
        const outputs = step.compute(inputs);
        for (const [port, value] of outputs.entries()) {
          const text = edgeText({ node: step.node.name, port });
          if ((left.get(text) ?? 0) > 0) live.set(text, value);
          else this.#backend.release(value);
        }
        for (const { edge } of step.varying) drop(edgeText(edge));
        for (const [port, value] of outputs.entries()) {
          const text = edgeText({ node: step.node.name, port });
          if (live.get(text) !== value) continue;
          const isTarget = text === wanted;
          if (!isTarget && !isReadLater(text)) continue;
          await this.#backend.withFloats(value, (lent) => {
            const elements = lent instanceof Float32Array ? lent : new Float32Array(lent);
            const { shape } = value;
            const own = isTarget ? sink({ shape, elements }, chunk) : undefined;
            const kept = isReadLater(text) ? (own ?? this.#options.budget.copy(elements)) : null;
            if (kept !== null) this.#series(text).keep(chunk.index, { shape, elements: kept });
          });
        }
        await breather.pause(context);
      }
    } finally {
      for (const value of live.values()) this.#backend.release(value);
    }
  }

  /** Brings a kept tensor, or the images themselves, to the backend. */
  async #load(edge: Edge, chunk: Chunk): Promise<Value> {
    const image = this.#image(edge.node);
    if (image !== undefined) {
      const values = await image.read(chunk.first, chunk.count);
      return this.#backend.make([chunk.count, ...image.shape], (target) => target.set(values));
    }
    const piece = this.#kept.get(edgeText(edge))?.piece(chunk.index) as Piece;
    const { elements } = piece;
    if (elements instanceof Float32Array) return this.#backend.make(piece.shape, (target) => target.set(elements));
    const { kernels } = this.#backend;
    const codes = this.#backend.make(piece.shape, (target) => target.set(elements.codes));
    const [values] = this.#backend.scope(() => [kernels.mul(codes, kernels.constant('float32', [], [elements.scale]))]);
    this.#backend.release(codes);
    return values as Value;
  }

  /** Nodes to compute for a tensor, inputs first, back to what is kept for all of `chunks`. Without recursion. */
  #pathTo(target: Edge, chunks: readonly Chunk[], numbers: StaticNumbers): readonly GraphNode[] {
    const { session } = this.#options;
    const found = new Set<GraphNode>();
    const open = [target];
    for (let edge = open.pop(); edge !== undefined; edge = open.pop()) {
      const node = session.graph.node(edge.node);
      const series = this.#kept.get(edgeText(edge));
      const there = series !== undefined && chunks.every((chunk) => series.piece(chunk.index) !== undefined);
      if (found.has(node) || this.#image(edge.node) !== undefined || (there && edge !== target)) continue;
      found.add(node);
      for (const { edge: input } of session.varying(node, numbers)) open.push(input);
    }
    return [...found].sort((a, b) => (this.#position.get(a.name) ?? 0) - (this.#position.get(b.name) ?? 0));
  }

  #image(node: string): ImageReader | undefined {
    return this.#options.images.find(({ input }) => input === node);
  }

  #series(edge: string): Series {
    const there = this.#kept.get(edge);
    if (there !== undefined) return there;
    const fresh = new Series(this.#options.budget);
    this.#kept.set(edge, fresh);
    return fresh;
  }

  /** Small numbers that follow from the batch size. */
  #numbersFor(count: number): StaticNumbers {
    const there = this.#numbers.get(count);
    if (there !== undefined) return there;
    const feeds = new Map(this.#options.images.map(({ input, shape }) => [input, [count, ...shape]]));
    const { numbers } = inferStatic(this.#options.session.graph, { feeds });
    this.#numbers.set(count, numbers);
    return numbers;
  }
}
