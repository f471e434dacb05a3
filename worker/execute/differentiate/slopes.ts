import { type Edge, edgeText } from '../../graph/graph.ts';
import type { Value } from '../../ops/kernels.ts';
import type { Backend } from '../backend.ts';

/** Derivatives of the loss by edges, added up as they come in. */
export class Slopes {
  readonly #backend: Backend;
  readonly #sums = new Map<string, Value>();

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Takes over one more part of an edge's derivative. */
  add(edge: Edge, slope: Value): void {
    const text = edgeText(edge);
    const before = this.#sums.get(text);
    if (before === undefined) {
      this.#sums.set(text, slope);
      return;
    }
    this.#sums.set(text, this.#backend.kernels.add(before, slope));
    this.#backend.release(before);
    this.#backend.release(slope);
  }

  /** Hands over a node's derivatives by output port; undefined where there is none. */
  take(node: string, ports: number): readonly (Value | undefined)[] {
    return Array.from({ length: ports }, (_, port) => {
      const text = edgeText({ node, port });
      const slope = this.#sums.get(text);
      this.#sums.delete(text);
      return slope;
    });
  }

  /** What has come together so far, by edge. */
  entries(): readonly (readonly [edge: string, slope: Value])[] {
    return [...this.#sums];
  }

  releaseAll(): void {
    for (const value of this.#sums.values()) this.#backend.release(value);
    this.#sums.clear();
  }
}
