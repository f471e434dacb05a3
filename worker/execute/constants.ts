import { GraffitistError } from '../errors.ts';
import type { Tensor } from '../formats/tensor.ts';
import { type Edge, edgeText, type Graph, type GraphNode } from '../graph/graph.ts';
import type { VariableSource } from '../graph/model.ts';
import { NodeAttrs } from '../ops/attrs.ts';
import { unsupportedOps } from '../ops/inferShapes.ts';
import { dataOrder } from '../ops/order.ts';
import { opFor } from '../ops/registry.ts';
import { type PlainValue, plainKernels, plainTensor, plainValue } from './backends/reference.ts';
import { computeNode } from './computeNode.ts';

/** Results up to this many elements are kept: scales, biases, thresholds. Larger ones (folded weights) are made again when asked for. */
const KEPT_ELEMENTS = 1 << 16;

/**
 * The part of a graph that depends on constants and variables only: folded weights, biases, quantizer scales. It is evaluated here, on
 * the CPU in float32 with every op's result rounded once, and never on a device, so that it is the same everywhere.
 */
export class Constants {
  readonly #graph: Graph;
  readonly #variables: VariableSource;
  readonly #position = new Map<string, number>();
  readonly #constant = new Set<string>();
  readonly #readers = new Map<string, GraphNode[]>();
  readonly #assigned = new Map<string, Tensor>();
  readonly #kept = new Map<string, readonly PlainValue[]>();
  readonly #kernels = plainKernels('float32');

  /** @param feeds nodes whose value is given from outside, whatever the graph says */
  constructor(graph: Graph, variables: VariableSource, feeds: ReadonlySet<string> = new Set()) {
    this.#graph = graph;
    this.#variables = variables;
    dataOrder(graph).nodes.forEach((node, i) => {
      this.#position.set(node.name, i);
      const op = opFor(node.op);
      if (op === undefined || feeds.has(node.name) || op.source === 'placeholder' || op.source === 'random') return;
      if (op.source === 'variable') {
        const name = this.variableOf(node);
        this.#readers.set(name, [...(this.#readers.get(name) ?? []), node]);
      }
      const source = op.source === 'constant' || op.source === 'variable';
      if (source || (op.executable && node.edges.length > 0 && node.edges.every((edge) => this.#constant.has(edge.node)))) {
        this.#constant.add(node.name);
      }
    });
  }

  /** Whether the node's value follows from constants and variables alone. */
  has(node: string): boolean {
    return this.#constant.has(node);
  }

  /** Names of variables that a constant node needs and that have no value. */
  missing(nodes: Iterable<string>): readonly string[] {
    const names = this.#needed([...nodes].filter((name) => this.#constant.has(name)))
      .filter((node) => opFor(node.op)?.source === 'variable')
      .map((node) => this.variableOf(node));
    return [...new Set(names)].filter((name) => !this.#assigned.has(name) && !this.#variables.entries.has(name));
  }

  /** Gives a variable a value from now on; everything that was made from its old one is forgotten. */
  assign(variable: string, value: Tensor): void {
    this.#assigned.set(variable, value);
    for (const name of this.dependents(variable)) this.#kept.delete(name);
  }

  /** Constant nodes whose value depends on a variable. */
  dependents(variable: string): ReadonlySet<string> {
    const found = new Set<string>();
    const open = [...(this.#readers.get(variable) ?? [])];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (found.has(node.name)) continue;
      found.add(node.name);
      for (const { consumer } of this.#graph.uses(node.name)) if (this.#constant.has(consumer.name)) open.push(consumer);
    }
    return found;
  }

  /**
   * The value of a constant edge.
   * @throws GraffitistError `variable-missing`, `shape-mismatch`, `node-malformed`, `op-unsupported`
   */
  async tensor(edge: Edge): Promise<Tensor> {
    return plainTensor(await this.#value(edge));
  }

  /** The numbers of a constant edge: an axis, a shape, a quantizer's scale. Errors as `tensor`. */
  async numbers(edge: Edge): Promise<readonly number[]> {
    return Array.from((await this.#value(edge)).data);
  }

  async #value({ node: name, port }: Edge): Promise<PlainValue> {
    const order = this.#needed([name]);
    const uses = new Map<string, number>();
    for (const node of order) for (const edge of node.edges) uses.set(edge.node, (uses.get(edge.node) ?? 0) + 1);
    const passing = new Map<string, readonly PlainValue[]>();
    const at = (edge: Edge): PlainValue | undefined => (this.#kept.get(edge.node) ?? passing.get(edge.node))?.[edge.port];
    for (const node of order) {
      const outputs = await this.#evaluate(node, at);
      if (outputs.every((value) => value.data.length <= KEPT_ELEMENTS)) this.#kept.set(node.name, outputs);
      else passing.set(node.name, outputs);
      for (const edge of node.edges) {
        const left = (uses.get(edge.node) ?? 1) - 1;
        uses.set(edge.node, left);
        if (left === 0) passing.delete(edge.node);
      }
    }
    const value = at({ node: name, port });
    if (value === undefined) {
      throw new GraffitistError('node-malformed', `'${edgeText({ node: name, port })}' is not a constant of this graph.`, { about: name });
    }
    return value;
  }

  async #evaluate(node: GraphNode, at: (edge: Edge) => PlainValue | undefined): Promise<readonly PlainValue[]> {
    const op = opFor(node.op);
    if (op === undefined) throw unsupportedOps([node]);
    if (op.source === 'constant') return [plainValue(new NodeAttrs(node).tensor('value'), 'float32')];
    if (op.source === 'variable') return [plainValue(await this.#readVariable(node), 'float32')];
    const kinds = op.kinds(node.edges.length);
    const values = node.edges.map(at);
    const isNumber = (slot: number): boolean => kinds[slot] === 'number' || kinds[slot] === 'numbers';
    const inputs = {
      values: values.map((value, slot) => (isNumber(slot) ? undefined : value)),
      numbers: values.map((value, slot) => (isNumber(slot) && value ? Array.from(value.data) : undefined)),
    };
    return computeNode(node, inputs, this.#kernels) as readonly PlainValue[];
  }

  async #readVariable(node: GraphNode): Promise<Tensor> {
    const name = this.variableOf(node);
    const tensor = this.#assigned.get(name) ?? (this.#variables.entries.has(name) ? await this.#variables.read(name) : undefined);
    if (tensor === undefined) {
      throw new GraffitistError('variable-missing', `Variable '${name}' has no value.`, {
        about: node.name,
        remedy: 'Add the checkpoint that holds it.',
      });
    }
    const declared = new NodeAttrs(node).shape('shape');
    if (declared && declared.length === tensor.shape.length && declared.every((size, i) => size < 0 || size === tensor.shape[i]))
      return tensor;
    if (!declared) return tensor;
    throw new GraffitistError(
      'shape-mismatch',
      `Variable '${name}' is declared as [${declared.join(', ')}] and the checkpoint holds [${tensor.shape.join(', ')}].`,
      { about: node.name, remedy: 'Use the checkpoint that was saved with this graph.' },
    );
  }

  /** The name that a checkpoint knows a variable by; a resource variable's is that of its handle. */
  variableOf(node: GraphNode): string {
    if (node.op !== 'ReadVariableOp') return node.name;
    const handle = this.#graph.find(node.edges[0]?.node ?? '');
    const shared = handle?.attr('shared_name');
    return shared?.kind === 'string' && shared.value !== '' ? shared.value : (handle?.name ?? node.name);
  }

  /** Constant nodes to evaluate for `names`, inputs first; what is kept needs nothing. */
  #needed(names: readonly string[]): readonly GraphNode[] {
    const found = new Set<GraphNode>();
    const open = names.filter((name) => !this.#kept.has(name)).map((name) => this.#graph.node(name));
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (found.has(node) || !this.#constant.has(node.name)) continue;
      found.add(node);
      if (opFor(node.op)?.source !== undefined) continue;
      for (const edge of node.edges) if (!this.#kept.has(edge.node)) open.push(this.#graph.node(edge.node));
    }
    return [...found].sort((a, b) => (this.#position.get(a.name) ?? 0) - (this.#position.get(b.name) ?? 0));
  }
}
