import type { AttrValue } from '../../worker/formats/attrValue.ts';
import type { Tensor } from '../../worker/formats/tensor.ts';
import { GraphNode } from '../../worker/graph/graph.ts';
import { attr, floats, ints } from './attrs.ts';
import { type Weights, weightOf } from './network.ts';

/**
 * How a graph holds the network: `frozen` has its weights as constants and nothing that inference does not need; `inference` is the evaluation graph with
 * variables and their initializers; `training` normalizes with the batch's statistics and updates the moving ones.
 */
export type Form = 'frozen' | 'inference' | 'training';

/** Where a variable's first value comes from when no checkpoint is restored. */
export type Initializer = 'truncated_normal' | 'zeros' | 'ones';

/** A variable as the collections of a metagraph list it. */
export interface VariableEntry {
  readonly name: string;
  readonly initializer: string;
  readonly trainable: boolean;
}

/** Collects the nodes of one form of the graph, in the order in which slim creates them, and what the collections list. */
export class GraphWriter {
  readonly form: Form;
  readonly nodes: GraphNode[] = [];
  readonly variables: VariableEntry[] = [];
  readonly updates: string[] = [];
  readonly penalties: string[] = [];
  readonly #weights: Weights;

  constructor(form: Form, weights: Weights) {
    this.form = form;
    this.#weights = weights;
  }

  /** Adds a node and gives its name. All but the constants carry `T`, the element type, unless `attrs` says otherwise. */
  node(name: string, op: string, inputs: readonly string[], attrs: Readonly<Record<string, AttrValue>> = {}): string {
    this.nodes.push(GraphNode.make({ name, op, inputs, attrs: { T: attr.type('float32'), ...attrs } }));
    return name;
  }

  /** Adds a constant and gives its name. */
  constant(name: string, value: Tensor, attrs: Readonly<Record<string, AttrValue>> = {}): string {
    return this.bare(name, 'Const', [], { dtype: attr.type(value.dtype), value: attr.tensor(value), ...attrs });
  }

  /** Adds a node that has no `T`. */
  bare(name: string, op: string, inputs: readonly string[], attrs: Readonly<Record<string, AttrValue>> = {}): string {
    this.nodes.push(GraphNode.make({ name, op, inputs, attrs }));
    return name;
  }

  /** Adds a variable (a constant in a frozen graph) and gives the name of what reads it. */
  variable(name: string, shape: readonly number[], initializer: Initializer, trainable = true): string {
    const place = { _class: attr.beside(name) };
    if (this.form === 'frozen') {
      this.constant(name, floats(weightOf(this.#weights, name), shape));
    } else {
      const initial = this.#initial(`${name}/Initializer/${initializer}`, shape, initializer, place);
      const text = attr.text('');
      this.bare(name, 'VariableV2', [], {
        dtype: attr.type('float32'),
        shape: attr.shape(shape),
        container: text,
        shared_name: text,
        ...place,
      });
      this.node(`${name}/Assign`, 'Assign', [name, initial], { use_locking: attr.flag(true), validate_shape: attr.flag(true), ...place });
      this.variables.push({ name, initializer: initial, trainable });
    }
    return this.node(`${name}/read`, 'Identity', [name], place);
  }

  #initial(name: string, shape: readonly number[], initializer: Initializer, place: Readonly<Record<string, AttrValue>>): string {
    if (initializer !== 'truncated_normal') {
      const fill = initializer === 'ones' ? 1 : 0;
      return this.constant(name, floats(new Float32Array(shape.reduce((count, size) => count * size, 1)).fill(fill), shape), place);
    }
    const sizes = this.constant(`${name}/shape`, ints(shape), place);
    const mean = this.constant(`${name}/mean`, floats([0]), place);
    const deviation = this.constant(`${name}/stddev`, floats([0.09]), place);
    const seeds = { seed: attr.int(0), seed2: attr.int(0) };
    const drawn = this.node(`${name}/TruncatedNormal`, 'TruncatedNormal', [sizes], {
      T: attr.type('int32'),
      dtype: attr.type('float32'),
      ...seeds,
      ...place,
    });
    const scaled = this.node(`${name}/mul`, 'Mul', [drawn, deviation], place);
    return this.node(name, 'Add', [scaled, mean], place);
  }
}
