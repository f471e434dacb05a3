import { type Edge, edgeText } from '../../graph/graph.ts';
import type { Value } from '../../ops/kernels.ts';
import type { Backend } from '../backend.ts';
import { plainTensor } from '../backends/reference.ts';
import type { StaticValue } from './boundGraph.ts';
import type { HostTape } from './hostTape.ts';

/** What was brought to a backend: what never changes once, what changes with the variables once after every change. */
export class Uploads {
  readonly #backend: Backend;
  readonly #fixed = new Map<string, Value>();
  readonly #changing = new Map<string, Value>();

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** The value of an edge from the CPU. */
  host(edge: Edge, host: HostTape): Value {
    const kept = host.isFixed(edge.node) ? this.#fixed : this.#changing;
    return once(kept, edgeText(edge), () => this.#backend.upload(plainTensor(host.value(edge))));
  }

  /** Numbers that follow from shapes: what stands for them is small and stays. */
  static({ dtype, shape, values }: StaticValue): Value {
    const key = `${dtype} [${shape.join()}] = ${values.join()}`;
    return once(this.#fixed, key, () => this.#backend.kernels.constant(dtype, shape, values));
  }

  /** Releases what follows from variables that have other values now. */
  variablesChange(): void {
    for (const value of this.#changing.values()) this.#backend.release(value);
    this.#changing.clear();
  }

  dispose(): void {
    this.variablesChange();
    for (const value of this.#fixed.values()) this.#backend.release(value);
    this.#fixed.clear();
  }
}

function once(values: Map<string, Value>, key: string, make: () => Value): Value {
  const there = values.get(key);
  if (there !== undefined) return there;
  const value = make();
  values.set(key, value);
  return value;
}
