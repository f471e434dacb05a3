import type { Tensor } from '../../formats/tensor.ts';
import { type Edge, edgeText, type GraphNode } from '../../graph/graph.ts';
import { NodeAttrs } from '../../ops/attrs.ts';
import type { Value } from '../../ops/kernels.ts';
import { opFor } from '../../ops/registry.ts';
import { type PlainValue, plainKernels, plainValue } from '../backends/reference.ts';
import { computeNode } from '../computeNode.ts';
import { nodeGradient } from './nodeGradient.ts';

/** A node of the part that follows from variables alone; `given` names the variable or switch whose value it hands on. */
export interface HostNode {
  readonly node: GraphNode;
  readonly given: string | undefined;
}

/**
 * The part of a graph that follows from constants and variables alone (folded weights, biases, quantizer scales), on the CPU: forward in
 * float32 with every op's result rounded once, as `Constants` has it, backward in float64. What does not change with the given
 * variables is computed once.
 */
export class HostTape {
  readonly #nodes: readonly HostNode[];
  readonly #forward = plainKernels('float32');
  readonly #backward = plainKernels('float64');
  readonly #fixed = new Map<string, readonly PlainValue[]>();
  #now = new Map<string, readonly PlainValue[]>();

  /** @param nodes in an order where inputs come first */
  constructor(nodes: readonly HostNode[]) {
    this.#nodes = nodes;
  }

  /**
   * Evaluates everything once with the variables that never change.
   * @param fixed values of all variables but those that change
   * @param changing what `update` will give
   */
  prepare(fixed: ReadonlyMap<string, Tensor>, changing: ReadonlySet<string>): void {
    for (const { node, given } of this.#nodes) {
      if (given !== undefined && changing.has(given)) continue;
      if (given !== undefined) {
        const value = fixed.get(given);
        if (value !== undefined) this.#fixed.set(node.name, [plainValue(value, 'float32')]);
      } else if (opFor(node.op)?.source === 'constant') {
        this.#fixed.set(node.name, [plainValue(new NodeAttrs(node).tensor('value'), 'float32')]);
      } else if (node.edges.length > 0 && node.edges.every((edge) => this.#fixed.has(edge.node))) {
        this.#fixed.set(node.name, this.#compute(node, this.#fixed));
      }
    }
  }

  /** Evaluates what follows from the variables that change. */
  update(changing: ReadonlyMap<string, Tensor>): void {
    const now = new Map<string, readonly PlainValue[]>(this.#fixed);
    for (const { node, given } of this.#nodes) {
      if (this.#fixed.has(node.name)) continue;
      const value = given === undefined ? undefined : changing.get(given);
      now.set(node.name, value === undefined ? this.#compute(node, now) : [plainValue(value, 'float32')]);
    }
    this.#now = now;
  }

  /** Whether the node's value stays the same from step to step. */
  isFixed(node: string): boolean {
    return this.#fixed.has(node);
  }

  /** The value of an edge as of the last `update` (fixed ones as of `prepare`). */
  value({ node, port }: Edge): PlainValue {
    const value = (this.#now.get(node) ?? this.#fixed.get(node))?.[port];
    if (value === undefined) throw new Error(`${node}:${port} is not evaluated`);
    return value;
  }

  /**
   * Derivatives by variable from those by some edges; of variables that several nodes read, their sum.
   * @param seeds derivatives of the loss by edge
   * @param differentiated the nodes to go through
   */
  gradients(seeds: ReadonlyMap<string, PlainValue>, differentiated: ReadonlySet<string>): Map<string, Float64Array> {
    const slopes = new Map<string, PlainValue>(seeds);
    const byVariable = new Map<string, Float64Array>();
    if (seeds.size === 0) return byVariable;
    for (const { node, given } of this.#nodes.toReversed()) {
      if (!differentiated.has(node.name)) continue;
      const outputs = this.#now.get(node.name) ?? [];
      const dys = outputs.map((_, port) => slopes.get(edgeText({ node: node.name, port })));
      if (dys.every((dy) => dy === undefined)) continue;
      if (given !== undefined) {
        add(byVariable, given, dys[0] as PlainValue);
        continue;
      }
      const wanted = new Set(node.edges.flatMap((edge, slot) => (differentiated.has(edge.node) ? [slot] : [])));
      const found = nodeGradient(node, { ...this.#inputs(node, this.#now), outputs, dys, wanted }, this.#backward);
      for (const [slot, slope] of found.entries()) {
        if (slope === undefined) continue;
        const text = edgeText(node.edges[slot] as Edge);
        const before = slopes.get(text);
        slopes.set(text, (before === undefined ? slope : this.#backward.add(before, slope)) as PlainValue);
      }
    }
    return byVariable;
  }

  #compute(node: GraphNode, values: ReadonlyMap<string, readonly PlainValue[]>): readonly PlainValue[] {
    return computeNode(node, this.#inputs(node, values), this.#forward) as readonly PlainValue[];
  }

  #inputs(node: GraphNode, values: ReadonlyMap<string, readonly PlainValue[]>) {
    const kinds = opFor(node.op)?.kinds(node.edges.length) ?? [];
    const found = node.edges.map(({ node: name, port }) => values.get(name)?.[port]);
    const isNumber = (slot: number): boolean => kinds[slot] === 'number' || kinds[slot] === 'numbers';
    return {
      values: found.map((value, slot): Value | undefined => (isNumber(slot) ? undefined : value)),
      numbers: found.map((value, slot) => (isNumber(slot) && value ? Array.from(value.data) : undefined)),
    };
  }
}

function add(sums: Map<string, Float64Array>, variable: string, slope: PlainValue): void {
  const sum = sums.get(variable);
  if (sum === undefined) sums.set(variable, Float64Array.from(slope.data));
  else for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (slope.data[i] as number);
}
