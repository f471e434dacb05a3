import { GraffitistError } from '../../errors.ts';
import type { Tensor } from '../../formats/tensor.ts';
import { tensorNumbers } from '../../formats/tensorValues.ts';
import { type Edge, edgeText } from '../../graph/graph.ts';
import type { Value } from '../../ops/kernels.ts';
import type { Backend } from '../backend.ts';
import { breather } from '../breather.ts';
import { computeNode } from '../computeNode.ts';
import type { BoundDeviceNode, Source } from './boundGraph.ts';
import { HeldValues } from './heldValues.ts';
import type { HostTape } from './hostTape.ts';
import { nodeGradient, outline } from './nodeGradient.ts';
import { Slopes } from './slopes.ts';
import type { Uploads } from './uploads.ts';

/** The loss and its derivative by the output that it is taken of. */
export type LossHead = (output: Value, backend: Backend) => { readonly loss: Value; readonly slope: Value };

export interface DevicePass {
  readonly nodes: readonly BoundDeviceNode[];
  readonly host: HostTape;
  readonly uploads: Uploads;
  readonly backend: Backend;
  readonly feeds: ReadonlyMap<string, Tensor>;
  /** What the loss is taken of. */
  readonly output: Edge;
  readonly head: LossHead;
  /** Further tensors to be handed out. */
  readonly fetches: readonly Edge[];
  readonly signal?: AbortSignal;
}

export interface DeviceResult {
  readonly loss: number;
  readonly output: Tensor;
  readonly fetched: readonly Tensor[];
  /** Derivatives by the edges that come from the CPU. */
  readonly slopes: ReadonlyMap<string, Tensor>;
  /** The most bytes that the backend held. */
  readonly peakBytes: number;
}

/**
 * GRD3: one pass forward and one backward on a backend. A value is released after its last reader, those that a gradient reads after that;
 * derivatives as soon as they are handed on. Yields at least every 50 ms of work.
 * @throws GraffitistError `cancelled`, `shape-mismatch`, `node-malformed`, `op-unsupported`, `op-not-differentiable`
 */
export async function runDevicePass(pass: DevicePass): Promise<DeviceResult> {
  const { nodes, backend, output, fetches } = pass;
  const held = new HeldValues(backend, usesOf(pass));
  const slopes = new Slopes(backend);
  const outlines = new Map<string, readonly Value[]>();
  const breathe = breather(() => backend.settle());
  const checkpoint = (): Promise<void> | undefined => {
    if (pass.signal?.aborted === true) throw new GraffitistError('cancelled', 'Cancelled.');
    return breathe();
  };
  try {
    for (const [name, tensor] of pass.feeds) {
      const value = backend.upload(tensor);
      outlines.set(name, [outline(value)]);
      held.put(name, [value]);
    }
    for (const bound of nodes) {
      const outputs = forward(bound, held, pass);
      outlines.set(bound.node.name, outputs.map(outline));
      held.put(bound.node.name, outputs);
      for (const source of bound.sources) if (source.kind === 'device') held.used(source.edge);
      await checkpoint();
    }
    const result = held.get(output) as Value;
    const { loss, slope } = pass.head(result, backend);
    const read = [loss, result, ...fetches.map((edge) => held.get(edge) as Value)];
    const [lossTensor, outputTensor, ...fetched] = (await backend.readAll(read)) as readonly Tensor[] as [Tensor, Tensor, ...Tensor[]];
    backend.release(loss);
    for (const edge of [output, ...fetches]) held.used(edge);
    slopes.add(output, slope);
    for (const bound of nodes.toReversed()) {
      backward(bound, held, slopes, outlines, pass);
      await checkpoint();
    }
    const left = slopes.entries();
    const found = await backend.readAll(left.map(([, value]) => value));
    return {
      loss: tensorNumbers(lossTensor)[0] ?? Number.NaN,
      output: outputTensor,
      fetched,
      slopes: new Map(left.map(([edge], k) => [edge, found[k] as Tensor])),
      peakBytes: held.peak,
    };
  } finally {
    held.releaseAll();
    slopes.releaseAll();
  }
}

/** How often each value on the backend is read, forward and backward. */
function usesOf({ nodes, output, fetches }: DevicePass): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  const use = (edge: Edge): void => {
    const text = edgeText(edge);
    uses.set(text, (uses.get(text) ?? 0) + 1);
  };
  for (const { sources, kept } of nodes) {
    for (const source of sources) if (source.kind === 'device') use(source.edge);
    kept.forEach(use);
  }
  [output, ...fetches].forEach(use);
  return uses;
}

function forward({ node, sources }: BoundDeviceNode, held: HeldValues, pass: DevicePass): readonly Value[] {
  const values = sources.map((source) => valueAt(source, held, pass));
  const numbers = sources.map((source) => numbersOf(source, pass));
  return pass.backend.scope(() => computeNode(node, { values, numbers }, pass.backend.kernels));
}

function backward(
  { node, sources, wanted, kept }: BoundDeviceNode,
  held: HeldValues,
  slopes: Slopes,
  outlines: ReadonlyMap<string, readonly Value[]>,
  pass: DevicePass,
): void {
  const { backend } = pass;
  const shapes = outlines.get(node.name) ?? [];
  const dys = slopes.take(node.name, shapes.length);
  try {
    if (wanted.size === 0 || dys.every((dy) => dy === undefined)) return;
    const outputs = shapes.map((shape, port) => held.get({ node: node.name, port }) ?? shape);
    const values = sources.map((source) => {
      if (source.kind !== 'device') return valueAt(source, held, pass);
      return held.get(source.edge) ?? outlines.get(source.edge.node)?.[source.edge.port];
    });
    const numbers = sources.map((source) => numbersOf(source, pass));
    let found: readonly (Value | undefined)[] = [];
    backend.scope(() => {
      found = nodeGradient(node, { values, numbers, outputs, dys, wanted }, backend.kernels);
      return found.filter((value) => value !== undefined);
    });
    for (const [slot, slope] of found.entries()) if (slope !== undefined) slopes.add(node.edges[slot] as Edge, slope);
  } finally {
    for (const dy of dys) if (dy !== undefined) backend.release(dy);
    for (const edge of kept) held.used(edge);
  }
}

function valueAt(source: Source, held: HeldValues, { host, uploads }: DevicePass): Value | undefined {
  if (source.kind === 'device') return held.get(source.edge);
  if (source.number) return undefined;
  return source.kind === 'host' ? uploads.host(source.edge, host) : uploads.static(source);
}

function numbersOf(source: Source, { host }: DevicePass): readonly number[] | undefined {
  if (source.kind === 'device' || !source.number) return undefined;
  return source.kind === 'static' ? source.values : Array.from(host.value(source.edge).data);
}
