import { GraffitistError } from '../errors.ts';
import type { AttrList, AttrValue } from '../formats/attrValue.ts';
import type { DType, Shape, Tensor } from '../formats/tensor.ts';
import type { GraphNode } from '../graph/graph.ts';

type Kind = AttrValue['kind'];
type ValueOf<K extends Kind> = Extract<AttrValue, { kind: K; value: unknown }>['value'];

/** A node's attributes by type, with defaults; every complaint names the node. */
export class NodeAttrs {
  readonly node: GraphNode;

  constructor(node: GraphNode) {
    this.node = node;
  }

  int(name: string, fallback?: number): number {
    return this.#value('int', name, fallback);
  }

  float(name: string, fallback?: number): number {
    return this.#value('float', name, fallback);
  }

  bool(name: string, fallback?: boolean): boolean {
    return this.#value('bool', name, fallback);
  }

  string(name: string, fallback?: string): string {
    return this.#value('string', name, fallback);
  }

  type(name: string, fallback?: DType): DType {
    return this.#value('type', name, fallback);
  }

  tensor(name: string): Tensor {
    return this.#value('tensor', name);
  }

  ints(name: string, fallback?: readonly number[]): readonly number[] {
    return this.#list(name)?.ints ?? fallback ?? this.#missing(name);
  }

  types(name: string): readonly DType[] {
    return this.#list(name)?.types ?? this.#missing(name);
  }

  /** A shape attribute; undefined where the node has none. */
  shape(name: string): Shape | undefined {
    const value = this.node.attr(name);
    return value?.kind === 'shape' ? value.value : undefined;
  }

  /** Shapes cached by whoever wrote the file; undefined where there are none. */
  outputShapes(): readonly Shape[] | undefined {
    const value = this.node.attr('_output_shapes');
    return value?.kind === 'list' && value.value.shapes.length > 0 ? value.value.shapes : undefined;
  }

  /** `shape-mismatch` naming this node. */
  mismatch(cause: string): GraffitistError {
    const { name, op } = this.node;
    return new GraffitistError('shape-mismatch', `Node '${name}' (${op}): ${cause}`, {
      about: name,
      remedy: 'Check the input shape given for the graph and the weights that belong to it.',
    });
  }

  /** `op-unsupported` naming this node. */
  unsupported(cause: string, remedy?: string): GraffitistError {
    const { name, op } = this.node;
    return new GraffitistError('op-unsupported', `Node '${name}' (${op}): ${cause}`, {
      about: name,
      ...(remedy === undefined ? {} : { remedy }),
    });
  }

  /** `op-not-differentiable` naming this node. */
  notDifferentiable(remedy = 'Train only variables behind this node, or leave the node out of the graph.'): GraffitistError {
    const { name, op } = this.node;
    return new GraffitistError('op-not-differentiable', `Node '${name}' (${op}) has no gradient, and trained variables stand before it.`, {
      about: name,
      remedy,
    });
  }

  /** `node-malformed` naming this node. */
  malformed(cause: string): GraffitistError {
    const { name, op } = this.node;
    return new GraffitistError('node-malformed', `Node '${name}' (${op}): ${cause}`, { about: name });
  }

  #value<K extends 'int' | 'float' | 'bool' | 'string' | 'type' | 'tensor'>(kind: K, name: string, fallback?: ValueOf<K>): ValueOf<K> {
    const attr = this.node.attr(name);
    if (attr === undefined) return fallback ?? this.#missing(name);
    if (attr.kind !== kind) throw this.malformed(`attribute '${name}' is a ${attr.kind}, not a ${kind}.`);
    return attr.value as ValueOf<K>;
  }

  #list(name: string): AttrList | undefined {
    const attr = this.node.attr(name);
    if (attr === undefined) return undefined;
    if (attr.kind !== 'list') throw this.malformed(`attribute '${name}' is a ${attr.kind}, not a list.`);
    return attr.value;
  }

  #missing(name: string): never {
    throw this.malformed(`attribute '${name}' is missing.`);
  }
}
