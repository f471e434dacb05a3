import { type Edge, edgeText } from '../../graph/graph.ts';
import type { Value } from '../../ops/kernels.ts';
import type { Backend } from '../backend.ts';

/** Values on a backend that live until their last use: how often each will be used is known before. */
export class HeldValues {
  readonly #backend: Backend;
  readonly #left: Map<string, number>;
  readonly #values = new Map<string, Value>();
  #peak = 0;

  /** @param uses how often each edge will be used */
  constructor(backend: Backend, uses: ReadonlyMap<string, number>) {
    this.#backend = backend;
    this.#left = new Map(uses);
  }

  /** The most bytes that the backend held when a value came in. */
  get peak(): number {
    return this.#peak;
  }

  /** Takes over the outputs of a node; what nobody will use is released at once. */
  put(node: string, outputs: readonly Value[]): void {
    this.#peak = Math.max(this.#peak, this.#backend.memory());
    for (const [port, value] of outputs.entries()) {
      const text = edgeText({ node, port });
      if ((this.#left.get(text) ?? 0) === 0) this.#backend.release(value);
      else this.#values.set(text, value);
    }
  }

  get(edge: Edge): Value | undefined {
    return this.#values.get(edgeText(edge));
  }

  /** One use is over. */
  used(edge: Edge): void {
    const text = edgeText(edge);
    const left = (this.#left.get(text) ?? 1) - 1;
    this.#left.set(text, left);
    const value = left === 0 ? this.#values.get(text) : undefined;
    if (value === undefined) return;
    this.#backend.release(value);
    this.#values.delete(text);
  }

  releaseAll(): void {
    for (const value of this.#values.values()) this.#backend.release(value);
    this.#values.clear();
  }
}
