import { GraffitistError } from '../errors.ts';
import type { Shape, Tensor } from '../formats/tensor.ts';
import { type Edge, edgeText, Graph, type GraphNode, parseEdge } from '../graph/graph.ts';
import type { VariableSource } from '../graph/model.ts';
import { NodeAttrs } from '../ops/attrs.ts';
import { inferStatic } from '../ops/inferShapes.ts';
import type { Value } from '../ops/kernels.ts';
import { shapeText } from '../ops/shapes.ts';
import type { Backend } from './backend.ts';
import { checkExecutable } from './checkExecutable.ts';
import { type BoundNode, Session } from './session.ts';

export interface RunOptions {
  readonly variables: VariableSource;
  /** Data by node name, batch first. Any node can be fed, not only placeholders. */
  readonly feeds: ReadonlyMap<string, Tensor>;
  /** Tensors wanted: `name` or `name:port`. */
  readonly fetches: readonly string[];
  readonly backend: Backend;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number; readonly node: string }) => void;
}

/** Runs a whole graph once. Errors as `Runner.run`; also everything that `Runner.make` says before any work. */
export async function runGraph(graph: Graph, options: RunOptions): Promise<Map<string, Tensor>> {
  const session = new Session(graph, { ...options, feeds: [...options.feeds.keys()] });
  try {
    const runner = new Runner(session, options.fetches);
    return await runner.run(options.feeds, options);
  } finally {
    session.dispose();
  }
}

/** Nodes made ready for some shapes, in their order, and which of them read a constant that has changed since. */
interface Bound {
  readonly numbers: Parameters<Session['bind']>[1];
  readonly steps: BoundNode[];
  readonly stale: Set<number>;
}

/** One set of fetches of a session, to be run batch after batch: constants stay on the backend in between. */
export class Runner {
  readonly #session: Session;
  readonly #fetches: readonly Edge[];
  readonly #part: Graph;
  readonly #order: readonly GraphNode[];
  /** Bound nodes by the shapes they are bound for. */
  readonly #bound = new Map<string, Bound>();

  /** @throws GraffitistError whatever would stop the run, naming the node, before any work (see `checkExecutable`) */
  constructor(session: Session, fetches: readonly string[]) {
    const { graph, constants, feeds } = session;
    for (const name of feeds) graph.node(name);
    this.#session = session;
    this.#fetches = fetches.map(parseEdge);
    const needed = checkExecutable(
      graph,
      constants,
      feeds,
      this.#fetches.map((edge) => edge.node),
    );
    this.#part = new Graph([...[...feeds].map((name) => graph.node(name).with({ inputs: [], controls: [] })), ...needed]);
    this.#order = needed.filter((node) => !constants.has(node.name) && node.op !== 'VarHandleOp');
  }

  /**
   * Computes the fetches for one batch; a value is released as soon as its last reader has run. Yields at least every 50 ms of work.
   * @throws GraffitistError `data-shape`, `shape-mismatch`, `op-unsupported`, `node-malformed`, `cancelled`
   */
  async run(feeds: ReadonlyMap<string, Tensor>, options: Pick<RunOptions, 'signal' | 'onProgress'> = {}): Promise<Map<string, Tensor>> {
    const { backend, constants, graph } = this.#session;
    for (const name of this.#session.feeds) {
      const tensor = feeds.get(name);
      if (tensor === undefined) throw new GraffitistError('input-unfed', `Input '${name}' is given no data.`, { about: name });
      checkFeed(graph.node(name), tensor);
    }
    const steps = await this.#steps(feeds);
    const wanted = new Set(this.#fetches.map((edge) => edge.node));
    const left = new Map<string, number>();
    for (const step of steps) for (const { edge } of step.varying) left.set(edge.node, (left.get(edge.node) ?? 0) + 1);
    const live = new Map<string, readonly Value[]>();
    const drop = (name: string): void => {
      for (const value of live.get(name) ?? []) backend.release(value);
      live.delete(name);
    };
    try {
      for (const [name, tensor] of feeds) live.set(name, [backend.upload(tensor)]);
      let since = performance.now();
      for (const [done, step] of steps.entries()) {
        if (options.signal?.aborted === true) throw new GraffitistError('cancelled', 'Cancelled.');
        const inputs: (Value | undefined)[] = [];
        for (const { slot, edge } of step.varying) inputs[slot] = live.get(edge.node)?.[edge.port];
        live.set(step.node.name, step.compute(inputs));
        for (const { edge } of step.varying) {
          const uses = (left.get(edge.node) ?? 1) - 1;
          left.set(edge.node, uses);
          if (uses === 0 && !wanted.has(edge.node)) drop(edge.node);
        }
        options.onProgress?.({ done: done + 1, total: steps.length, node: step.node.name });
        if (performance.now() - since > 40) {
          await backend.settle();
          await new Promise((resolve) => setTimeout(resolve, 0));
          since = performance.now();
        }
      }
      const made = this.#fetches.map((edge) => live.get(edge.node)?.[edge.port]);
      const read = (await backend.readAll(made.filter((value) => value !== undefined))).values();
      const results = new Map<string, Tensor>();
      for (const [k, edge] of this.#fetches.entries()) {
        results.set(edgeText(edge), made[k] === undefined ? await constants.tensor(edge) : (read.next().value as Tensor));
      }
      return results;
    } finally {
      for (const name of [...live.keys()]) drop(name);
    }
  }

  /** Gives a variable a value from now on; nodes that read what follows from it are made ready again, the others stay. */
  assign(variable: string, value: Tensor): void {
    const { constants } = this.#session;
    const changed = constants.dependents(variable);
    this.#session.assign(variable, value);
    for (const { steps, stale } of this.#bound.values()) {
      steps.forEach(({ node }, k) => {
        if (node.edges.some((edge) => changed.has(edge.node))) stale.add(k);
      });
    }
  }

  async #steps(feeds: ReadonlyMap<string, Tensor>): Promise<readonly BoundNode[]> {
    const shapes = new Map<string, Shape>([...feeds].map(([name, tensor]) => [name, tensor.shape]));
    const key = JSON.stringify([...shapes]);
    const there = this.#bound.get(key);
    if (there !== undefined) {
      for (const k of there.stale) there.steps[k] = await this.#session.bind((there.steps[k] as BoundNode).node, there.numbers);
      there.stale.clear();
      return there.steps;
    }
    const { numbers } = inferStatic(this.#part, { feeds: shapes, strict: true });
    const computed = new Set(this.#reading(numbers).map((node) => node.name));
    const bound: BoundNode[] = [];
    for (const node of this.#order) if (computed.has(node.name)) bound.push(await this.#session.bind(node, numbers));
    this.#bound.set(key, { numbers, steps: bound, stale: new Set() });
    return bound;
  }

  /** Nodes that must be computed once what follows from shapes is taken as known. */
  #reading(numbers: Parameters<Session['varying']>[1]): readonly GraphNode[] {
    const needed = new Set(this.#fetches.map((edge) => edge.node));
    const kept: GraphNode[] = [];
    for (const node of this.#order.toReversed()) {
      if (!needed.has(node.name)) continue;
      kept.push(node);
      for (const { edge } of this.#session.varying(node, numbers)) needed.add(edge.node);
    }
    return kept;
  }
}

/** @throws GraffitistError `data-shape` where a placeholder says that it takes other data */
function checkFeed(node: GraphNode, tensor: Tensor): void {
  const attrs = new NodeAttrs(node);
  const declared = attrs.shape('shape') ?? attrs.outputShapes()?.[0];
  if (!node.op.startsWith('Placeholder') || !declared || declared.length === 0) return;
  if (declared.length === tensor.shape.length && declared.every((size, i) => size < 0 || size === tensor.shape[i])) return;
  throw new GraffitistError(
    'data-shape',
    `Input '${node.name}' takes ${shapeText(declared)} and the data are ${shapeText(tensor.shape)}.`,
    {
      about: node.name,
      remedy: 'Give data of that shape, or another input shape.',
    },
  );
}
