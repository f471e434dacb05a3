import { GraffitistError } from '../../errors.ts';
import type { Tensor } from '../../formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../formats/tensorValues.ts';
import { type Edge, type Graph, GraphEditor, type GraphNode } from '../../graph/graph.ts';
import type { Model } from '../../graph/model.ts';
import { isVariable, variableName, withValues } from '../../graph/variables.ts';

/** What stands between a parameter and its reader. */
const READS: ReadonlySet<string> = new Set(['Identity', 'ReadVariableOp']);

/** The constant or variable that a tensor is, as it is read; undefined where it is computed. */
export function parameterBehind(graph: Graph, edge: Edge | undefined): GraphNode | undefined {
  let node = edge === undefined || edge.port !== 0 ? undefined : graph.find(edge.node);
  for (let steps = 0; node !== undefined && READS.has(node.op) && steps < 4; steps++) node = graph.find(node.edges[0]?.node ?? '');
  return node !== undefined && (node.op === 'Const' || isVariable(node)) ? node : undefined;
}

/** Ops that may read a layer's parameter: they use it as the layer does, regularize, save or assign it. */
const READERS =
  /^(Conv2D|DepthwiseConv2dNative|MatMul|Mul|Sub|Add|AddV2|BiasAdd|L2Loss|FusedBatchNorm(V[23])?|Assign.*|Save.*|VarIsInitializedOp)$/;

/** A node that reads a parameter, through its reads, for something else than its layer. */
export function strangeReader(graph: Graph, name: string): GraphNode | undefined {
  const open = [name];
  for (const at of open) {
    for (const { consumer } of graph.uses(at)) {
      if (READS.has(consumer.op)) open.push(consumer.name);
      else if (!READERS.test(consumer.op)) return consumer;
    }
  }
  return undefined;
}

/** Numbers of constants and variables, and what is to become of them: both are changed alike. */
export class ParameterEdits {
  readonly #graph: Graph;
  readonly #variables: ReadonlyMap<string, Tensor>;
  readonly #changed = new Map<string, { readonly shape: readonly number[]; readonly values: Float32Array }>();

  /** @param variables values by variable name */
  constructor(graph: Graph, variables: ReadonlyMap<string, Tensor>) {
    this.#graph = graph;
    this.#variables = variables;
  }

  /** Shape and numbers as they now stand; undefined where they are no float32. @throws GraffitistError `variable-missing` */
  read(name: string): { readonly shape: readonly number[]; readonly values: Float32Array } | undefined {
    const changed = this.#changed.get(name);
    if (changed !== undefined) return changed;
    const value = this.#stored(this.#graph.node(name));
    return value.dtype === 'float32' ? { shape: value.shape, values: tensorNumbers(value) as Float32Array } : undefined;
  }

  /** New numbers, given each old one and its index; in float64, rounded once. */
  change(name: string, next: (value: number, index: number) => number): void {
    const before = this.read(name);
    if (before !== undefined) this.#changed.set(name, { shape: before.shape, values: Float32Array.from(before.values, next) });
  }

  /** `model` with `graph`'s changed constants replaced, and the values of its changed variables. */
  finish(model: Model): Model {
    const editor = new GraphEditor(model.graph);
    const values = new Map<string, Tensor>();
    for (const [name, { shape, values: numbers }] of this.#changed) {
      const node = model.graph.node(name);
      const value = makeTensor('float32', shape, numbers);
      if (node.op === 'Const') editor.replace(node.with({ attrs: { value: { kind: 'tensor', value } } }));
      else values.set(variableName(node), value);
    }
    return withValues({ ...model, graph: editor.graph() }, values);
  }

  #stored(node: GraphNode): Tensor {
    const value = node.op === 'Const' ? node.attr('value') : undefined;
    if (value?.kind === 'tensor') return value.value;
    const tensor = this.#variables.get(variableName(node));
    if (tensor !== undefined) return tensor;
    throw new GraffitistError('variable-missing', `Variable '${variableName(node)}' has no value.`, {
      about: node.name,
      remedy: 'Add the checkpoint that holds it.',
    });
  }
}
