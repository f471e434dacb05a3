import { GraffitistError } from '../errors.ts';
import type { Tensor } from '../formats/tensor.ts';
import { type Edge, edgeText, type Graph, type GraphNode } from '../graph/graph.ts';
import type { VariableSource } from '../graph/model.ts';
import { NodeAttrs } from '../ops/attrs.ts';
import type { HostValue } from '../ops/hostValue.ts';
import { known } from '../ops/hostValue.ts';
import type { Value, ValueType } from '../ops/kernels.ts';
import { opFor } from '../ops/registry.ts';
import { valueType } from '../ops/types.ts';
import type { Backend } from './backend.ts';
import { computeNode } from './computeNode.ts';
import { Constants } from './constants.ts';

/** Small numbers known from shapes alone, by output: `StaticGraph.numbers` for the shapes that are about to run. */
export type StaticNumbers = ReadonlyMap<string, HostValue>;

export interface SessionOptions {
  readonly variables: VariableSource;
  readonly backend: Backend;
  /** Nodes whose value is given from outside: inputs, and any other node, constants and defaults included. */
  readonly feeds: readonly string[];
}

/** A node whose constant inputs stand ready on the backend: what is left is one synchronous call per batch. */
export interface BoundNode {
  readonly node: GraphNode;
  /** Data inputs that `compute` must be given, by slot. */
  readonly varying: readonly { readonly slot: number; readonly edge: Edge }[];
  /** @param inputs values by slot; only those of `varying` are read. @returns fresh values by port, owned by the caller */
  compute(inputs: readonly (Value | undefined)[]): readonly Value[];
}

/**
 * A graph on a backend: constants are evaluated once on the CPU and uploaded once, nodes are computed one by one. What runs when, and
 * how long values live, is the caller's: `runGraph` runs a whole graph, calibration goes layer by layer.
 */
export class Session {
  readonly graph: Graph;
  readonly backend: Backend;
  readonly constants: Constants;
  readonly feeds: ReadonlySet<string>;
  readonly #uploaded = new Map<string, Value>();

  constructor(graph: Graph, { variables, backend, feeds }: SessionOptions) {
    this.graph = graph;
    this.backend = backend;
    this.feeds = new Set(feeds);
    this.constants = new Constants(graph, variables, this.feeds);
  }

  /** Data inputs of a node that change from batch to batch; the others are constants or follow from shapes. */
  varying(node: GraphNode, numbers: StaticNumbers): BoundNode['varying'] {
    const kinds = opFor(node.op)?.kinds(node.edges.length) ?? [];
    return node.edges.flatMap((edge, slot) => {
      const isTensor = kinds[slot] === 'tensor' || kinds[slot] === 'list';
      return isTensor && !this.constants.has(edge.node) && this.#static(edge, numbers) === undefined ? [{ slot, edge }] : [];
    });
  }

  /**
   * Makes a node ready to be computed again and again for the shapes that `numbers` were inferred for.
   * @throws GraffitistError `variable-missing`, `op-unsupported`, `shape-mismatch`, `node-malformed`
   */
  async bind(node: GraphNode, numbers: StaticNumbers): Promise<BoundNode> {
    const kinds = opFor(node.op)?.kinds(node.edges.length) ?? [];
    const varying = this.varying(node, numbers);
    const changes = new Set(varying.map(({ slot }) => slot));
    const values: (Value | undefined)[] = [];
    const given: (readonly number[] | undefined)[] = [];
    for (const [slot, edge] of node.edges.entries()) {
      const wantsNumbers = kinds[slot] === 'number' || kinds[slot] === 'numbers';
      given[slot] = wantsNumbers ? await this.#numbers(node, slot, edge, numbers) : undefined;
      values[slot] = wantsNumbers || changes.has(slot) ? undefined : await this.#tensor(edge, numbers);
    }
    const { backend } = this;
    return {
      node,
      varying,
      compute: (inputs) => {
        const filled = values.map((value, slot) => (changes.has(slot) ? inputs[slot] : value));
        return backend.scope(() => computeNode(node, { values: filled, numbers: given }, backend.kernels));
      },
    };
  }

  /** Gives a variable a value from now on, and forgets what was made from its old one. Bound nodes made before keep the old one. */
  assign(variable: string, value: Tensor): void {
    for (const name of this.constants.dependents(variable)) this.#drop(name);
    this.constants.assign(variable, value);
  }

  /** Frees the constants that were uploaded for a node's inputs; they are uploaded again if it is bound again. */
  releaseConstants(node: GraphNode): void {
    for (const edge of node.edges) this.#drop(edge.node);
  }

  /** Frees everything uploaded. The backend stays. */
  dispose(): void {
    for (const value of this.#uploaded.values()) this.backend.release(value);
    this.#uploaded.clear();
  }

  #drop(name: string): void {
    for (const [text, value] of this.#uploaded) {
      if (text !== name && !text.startsWith(`${name}:`)) continue;
      this.backend.release(value);
      this.#uploaded.delete(text);
    }
  }

  /** What shapes alone say about an edge. */
  #static(edge: Edge, numbers: StaticNumbers): (HostValue & { readonly values: readonly number[] }) | undefined {
    const value = numbers.get(edgeText(edge));
    const values = known(value?.values ?? null);
    return value && values ? { shape: value.shape, values } : undefined;
  }

  async #numbers(node: GraphNode, slot: number, edge: Edge, numbers: StaticNumbers): Promise<readonly number[]> {
    // Scales come from float32 arithmetic on variables, so constants are asked first.
    if (this.constants.has(edge.node)) return this.constants.numbers(edge);
    const found = this.#static(edge, numbers);
    if (found !== undefined) return found.values;
    throw new GraffitistError(
      'op-unsupported',
      `Input ${slot} of node '${node.name}' (${node.op}) depends on the data; only constants and what follows from shapes can stand there.`,
      { about: node.name, remedy: `Make '${edgeText(edge)}' a constant.` },
    );
  }

  async #tensor(edge: Edge, numbers: StaticNumbers): Promise<Value> {
    const text = edgeText(edge);
    const there = this.#uploaded.get(text);
    if (there !== undefined) return there;
    if (this.constants.has(edge.node)) {
      const value = this.backend.upload(await this.constants.tensor(edge));
      this.#uploaded.set(text, value);
      return value;
    }
    // Known for these shapes only, so it is not kept under the edge's name.
    const found = this.#static(edge, numbers);
    const key = `${text} = [${found?.values.join(', ')}]`;
    const dtype = numberType(this.graph.node(edge.node));
    const value = this.#uploaded.get(key) ?? this.backend.kernels.constant(dtype, found?.shape ?? [], found?.values ?? []);
    this.#uploaded.set(key, value);
    return value;
  }
}

/** The element type of small numbers that a node gives: whole unless the node says otherwise. */
export function numberType(node: GraphNode): ValueType {
  if (SHAPE_QUESTIONS.has(node.op)) return 'int32';
  for (const name of ['DstT', 'dtype', 'T', 'Tidx', 'Tparams']) {
    const attr = node.attr(name);
    if (attr?.kind === 'type') return valueType(attr.value, new NodeAttrs(node));
  }
  return 'int32';
}

/** Their `T` is the type of what they are asked about. */
const SHAPE_QUESTIONS: ReadonlySet<string> = new Set(['Shape', 'ShapeN', 'Size', 'Rank']);
