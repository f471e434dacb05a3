import { GraffitistError } from '../../errors.ts';
import { type Edge, edgeText, type Graph, type GraphNode } from '../../graph/graph.ts';
import { NodeAttrs } from '../../ops/attrs.ts';
import { known } from '../../ops/hostValue.ts';
import type { ValueType } from '../../ops/kernels.ts';
import { opFor } from '../../ops/registry.ts';
import { numberType, type StaticNumbers } from '../session.ts';

/** Where an input of a node on the backend comes from. */
export type Source =
  /** Another node on the backend. */
  | { readonly kind: 'device'; readonly edge: Edge }
  /** The part on the CPU: uploaded where a tensor is wanted. */
  | { readonly kind: 'host'; readonly edge: Edge; readonly number: boolean }
  /** What follows from shapes alone. */
  | ({ readonly kind: 'static'; readonly number: boolean } & StaticValue);

/** Small numbers as a tensor. */
export interface StaticValue {
  readonly dtype: ValueType;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** A node on the backend, ready for the shapes that it was bound for. */
export interface BoundDeviceNode {
  readonly node: GraphNode;
  readonly sources: readonly Source[];
  /** Slots that need a derivative; empty where the node is not differentiated. */
  readonly wanted: ReadonlySet<number>;
  /** Device edges whose elements are held for the backward pass. */
  readonly kept: readonly Edge[];
}

export interface BindingContext {
  readonly graph: Graph;
  readonly isHost: (node: string) => boolean;
  /** Whether an edge holds a single 1, the same in every pass. */
  readonly isOne: (edge: Edge) => boolean;
  readonly differentiated: ReadonlySet<string>;
  readonly numbers: StaticNumbers;
}

/** A product with a fixed factor of 1 (a switch that stands still) hands on what it reads. */
function withoutUnitFactor(node: GraphNode, isOne: (edge: Edge) => boolean): GraphNode {
  if (node.op !== 'Mul') return node;
  const slot = node.edges.findIndex(isOne);
  return slot < 0 ? node : node.with({ op: 'Identity', inputs: [node.edges[1 - slot] as Edge] });
}

/** Says where each input of `node` comes from. @throws GraffitistError `op-unsupported` where a number would come from the data */
export function bindDeviceNode(given: GraphNode, { graph, isHost, isOne, differentiated, numbers }: BindingContext): BoundDeviceNode {
  const node = withoutUnitFactor(given, isOne);
  const op = opFor(node.op);
  const kinds = op?.kinds(node.edges.length) ?? [];
  const sources = node.edges.map((edge, slot): Source => {
    const number = kinds[slot] === 'number' || kinds[slot] === 'numbers';
    if (isHost(edge.node)) return { kind: 'host', edge, number };
    const found = numbers.get(edgeText(edge));
    const values = known(found?.values ?? null);
    if (found !== undefined && values !== null)
      return { kind: 'static', dtype: numberType(graph.node(edge.node)), shape: found.shape, values, number };
    if (!number) return { kind: 'device', edge };
    throw new GraffitistError(
      'op-unsupported',
      `Input ${slot} of node '${node.name}' (${node.op}) depends on the data; only constants and what follows from shapes can stand there.`,
      { about: node.name, remedy: `Make '${edgeText(edge)}' a constant.` },
    );
  });
  const wanted = new Set(
    differentiated.has(node.name)
      ? sources.flatMap((source, slot) => (source.kind !== 'static' && differentiated.has(source.edge.node) ? [slot] : []))
      : [],
  );
  return { node, sources, wanted, kept: wanted.size === 0 ? [] : keptEdges(node, sources) };
}

function keptEdges(node: GraphNode, sources: readonly Source[]): readonly Edge[] {
  const op = opFor(node.op);
  const slots = op?.keptSlots(node.edges.length, new NodeAttrs(node)) ?? [];
  const inputs = slots.flatMap((slot) => {
    const source = sources[slot];
    return source?.kind === 'device' ? [source.edge] : [];
  });
  // No op has more outputs than this whose elements a gradient reads.
  const outputs = Array.from({ length: MOST_PORTS }, (_, port) => port).filter((port) => op?.keepsOutput(port) === true);
  return [...inputs, ...outputs.map((port) => ({ node: node.name, port }))];
}

const MOST_PORTS = 6;
