import { GraffitistError } from '../../errors.ts';
import type { Shape, Tensor } from '../../formats/tensor.ts';
import { type Edge, edgeText, Graph, type GraphNode } from '../../graph/graph.ts';
import type { VariableSource } from '../../graph/model.ts';
import { inferStatic } from '../../ops/inferShapes.ts';
import { opFor } from '../../ops/registry.ts';
import type { Backend } from '../backend.ts';
import type { PlainValue } from '../backends/reference.ts';
import { plainValue } from '../backends/reference.ts';
import { checkExecutable } from '../checkExecutable.ts';
import { Constants } from '../constants.ts';
import { type Activity, activityOf } from './activity.ts';
import { type BoundDeviceNode, bindDeviceNode } from './boundGraph.ts';
import { type DeviceResult, type LossHead, runDevicePass } from './deviceTape.ts';
import { type HostNode, HostTape } from './hostTape.ts';
import { Uploads } from './uploads.ts';

export interface DifferentiatorOptions {
  readonly variables: VariableSource;
  readonly backend: Backend;
  /** Nodes that are given data, batch first. */
  readonly feeds: readonly string[];
  /** What the loss is taken of. */
  readonly output: Edge;
  /** Variables whose gradients are wanted. */
  readonly trained: ReadonlySet<string>;
  /** Variables, and placeholders with a default, that are given a value in every run: the trained ones among them. */
  readonly changing: ReadonlySet<string>;
  /** Further tensors wanted of each run, computed from the data. */
  readonly fetches?: readonly Edge[];
  /** Scalars that follow from variables alone and whose sum is a loss of its own: regularization. */
  readonly variableLosses?: readonly Edge[];
}

export interface PassRequest {
  readonly feeds: ReadonlyMap<string, Tensor>;
  readonly head: LossHead;
  readonly signal?: AbortSignal;
}

export interface DifferentiationRequest extends PassRequest {
  /** By name, what `changing` lists. */
  readonly values: ReadonlyMap<string, Tensor>;
}

/** What follows from the variables alone. */
export interface VariableGradients {
  /** Derivatives of the loss by trained variable, in float64; variables that it does not depend on are left out. */
  readonly gradients: ReadonlyMap<string, Float64Array>;
  readonly variableLoss: number;
  readonly variableLossGradients: ReadonlyMap<string, Float64Array>;
}

export type Differentiation = VariableGradients & Omit<DeviceResult, 'slopes'>;

/**
 * Reverse-mode differentiation of a graph on a backend. What follows from variables alone is computed and differentiated on the CPU, the
 * rest on the backend: `update` gives the variables, `pass` takes a batch, or a part of one, forward and back to the edges that come from
 * the CPU, `gradients` goes on from there. Derivatives by those edges may be summed over several passes before.
 */
export class Differentiator {
  readonly #options: DifferentiatorOptions;
  readonly #part: Graph;
  readonly #device: readonly GraphNode[];
  readonly #hostNodes: readonly HostNode[];
  readonly #isHost: (node: string) => boolean;
  readonly #host: HostTape;
  readonly #uploads: Uploads;
  readonly #activity: Activity;
  readonly #variableActivity: Activity;
  /** Nodes bound for the shapes of a batch. */
  readonly #bound = new Map<string, readonly BoundDeviceNode[]>();
  #prepared: Promise<void> | undefined;

  /**
   * @throws GraffitistError whatever would stop a run, naming the node, before any work: what `checkExecutable` says and
   *   `op-not-differentiable`; `op-unsupported` where a loss of variables depends on the data
   */
  constructor(graph: Graph, options: DifferentiatorOptions) {
    const { variables, feeds, output, fetches = [], variableLosses = [], trained, backend } = options;
    const fed = new Set(feeds);
    const constants = new Constants(graph, withGiven(variables, options.changing), fed);
    const wanted = [output, ...fetches, ...variableLosses].map(({ node }) => node);
    const needed = checkExecutable(graph, constants, fed, wanted);
    const nodes = needed.filter(({ op, name }) => op !== 'VarHandleOp' && !fed.has(name));
    const stray = variableLosses.find(({ node }) => !constants.has(node));
    if (stray !== undefined) {
      throw new GraffitistError('op-unsupported', `The regularization loss '${stray.node}' depends on the data.`, {
        about: stray.node,
        remedy: 'Only losses of variables can be added to the cross-entropy.',
      });
    }
    const hostNodes = nodes
      .filter(({ name }) => constants.has(name))
      .map((node): HostNode => ({ node, given: givenName(node, constants, options.changing) }));
    const sources = new Set(hostNodes.flatMap(({ node, given }) => (given !== undefined && trained.has(given) ? [node.name] : [])));
    this.#options = options;
    this.#isHost = (name) => constants.has(name);
    this.#part = new Graph([...[...fed].map((name) => graph.node(name).with({ inputs: [], controls: [] })), ...needed]);
    this.#device = nodes.filter(({ name }) => !constants.has(name));
    this.#hostNodes = hostNodes;
    this.#host = new HostTape(hostNodes);
    this.#uploads = new Uploads(backend);
    this.#activity = activityOf(nodes, sources, [output]);
    this.#variableActivity = activityOf(nodes, sources, variableLosses);
  }

  /**
   * Loss and gradients for one batch.
   * @throws GraffitistError as `update` and `pass` do
   */
  async run({ values, ...request }: DifferentiationRequest): Promise<Differentiation> {
    await this.update(values);
    const { slopes, ...found } = await this.pass(request);
    return { ...found, ...this.gradients(slopes) };
  }

  /**
   * Takes over the variables.
   * @param values by name, what `changing` lists
   * @throws GraffitistError `variable-missing`, `shape-mismatch`, `node-malformed`, `op-unsupported`
   */
  async update(values: ReadonlyMap<string, Tensor>): Promise<void> {
    this.#prepared ??= this.#prepare();
    await this.#prepared;
    this.#uploads.variablesChange();
    this.#host.update(values);
  }

  /**
   * Loss, output and derivatives by the edges that come from the CPU, with the variables as of the last `update`.
   * @throws GraffitistError `input-unfed`, `cancelled`, `shape-mismatch`, `node-malformed`, `op-unsupported`
   */
  async pass({ feeds, head, signal }: PassRequest): Promise<DeviceResult> {
    const { backend, output, fetches = [] } = this.#options;
    for (const name of this.#options.feeds) {
      if (!feeds.has(name)) throw new GraffitistError('input-unfed', `Input '${name}' is given no data.`, { about: name });
    }
    return runDevicePass({
      nodes: this.#nodesFor(feeds),
      host: this.#host,
      uploads: this.#uploads,
      ...{ backend, feeds, output, fetches, head },
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /**
   * Derivatives by variable from those by the edges that come from the CPU, and the losses of variables alone with theirs.
   * @param slopes of one pass, or summed over several with the same variables
   */
  gradients(slopes: ReadonlyMap<string, Tensor>): VariableGradients {
    const { variableLosses = [] } = this.#options;
    const seeds = new Map([...slopes].map(([edge, slope]) => [edge, plainValue(slope, 'float64')]));
    const ones = new Map(variableLosses.map((edge): [string, PlainValue] => [edgeText(edge), scalar(1)]));
    return {
      gradients: this.#host.gradients(seeds, this.#activity.differentiated),
      variableLoss: variableLosses.reduce((sum, edge) => sum + (this.#host.value(edge).data[0] ?? 0), 0),
      variableLossGradients: this.#host.gradients(ones, this.#variableActivity.differentiated),
    };
  }

  /** Frees what was uploaded. The backend stays. */
  dispose(): void {
    this.#uploads.dispose();
  }

  async #prepare(): Promise<void> {
    const fixed = new Map<string, Tensor>();
    for (const { given } of this.#hostNodes) {
      if (given === undefined || this.#options.changing.has(given) || fixed.has(given)) continue;
      fixed.set(given, await this.#options.variables.read(given));
    }
    this.#host.prepare(fixed, this.#options.changing);
  }

  #nodesFor(feeds: ReadonlyMap<string, Tensor>): readonly BoundDeviceNode[] {
    const shapes = new Map<string, Shape>([...feeds].map(([name, tensor]) => [name, tensor.shape]));
    const key = JSON.stringify([...shapes]);
    const there = this.#bound.get(key);
    if (there !== undefined) return there;
    const { numbers } = inferStatic(this.#part, { feeds: shapes, strict: true });
    const isOne = (edge: Edge): boolean => this.#host.isFixed(edge.node) && isUnit(this.#host.value(edge));
    const context = { graph: this.#part, isHost: this.#isHost, isOne, differentiated: this.#activity.differentiated, numbers };
    const { output, fetches = [] } = this.#options;
    const read = new Set([output, ...fetches].map(({ node }) => node));
    const bound: BoundDeviceNode[] = [];
    // What follows from shapes is known; what was needed for that alone is not computed.
    for (const node of this.#device.toReversed()) {
      if (!read.has(node.name)) continue;
      const one = bindDeviceNode(node, context);
      for (const source of one.sources) if (source.kind === 'device') read.add(source.edge.node);
      bound.push(one);
    }
    const nodes = bound.toReversed();
    this.#bound.set(key, nodes);
    return nodes;
  }
}

/** Variables that every run brings count as there. */
function withGiven(variables: VariableSource, changing: ReadonlySet<string>): VariableSource {
  const given = [...changing].map((name) => [name, { dtype: 'float32', shape: [] }] as const);
  return { ...variables, entries: new Map([...given, ...variables.entries]), read: (name) => variables.read(name) };
}

/** The variable, or the switch, whose value a node hands on. */
function givenName(node: GraphNode, constants: Constants, changing: ReadonlySet<string>): string | undefined {
  const source = opFor(node.op)?.source;
  if (source === 'variable') return constants.variableOf(node);
  return node.op === 'PlaceholderWithDefault' && changing.has(node.name) ? node.name : undefined;
}

function isUnit({ shape, data }: PlainValue): boolean {
  return shape.length === 0 && data[0] === 1;
}

function scalar(value: number): PlainValue {
  return { dtype: 'float32', shape: [], data: Float64Array.of(value) };
}
