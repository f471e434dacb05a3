/**
 * What one calibration sweep computes, keeps and lets go, found before any work: every tensor that depends on the input is computed
 * in the first stage that needs it, kept while a later stage reads it, and released after the last.
 */
import { type Edge, edgeText, type Graph } from '../graph/graph.ts';
import type { Quantizer } from '../quantize/quantizer.ts';

/** One quantizer's turn. */
export interface Stage {
  readonly quantizer: Quantizer;
  /** The tensor it quantizes. */
  readonly source: Edge;
  /** The source depends on no input: it is one tensor, not one per image. */
  readonly constant: boolean;
  /** Stages up to this one, itself included, that share its threshold. */
  readonly members: readonly number[];
  /** Its threshold is final after this stage: it is the group's last member, or has it to itself. */
  readonly settles: boolean;
  /** Whether a stage, this or a later one of its group excepted, reads what it quantizes. */
  readonly read: boolean;
  /** Tensors (`name` or `name:port`) that no stage after this one reads. */
  readonly release: readonly string[];
}

export interface Plan {
  readonly stages: readonly Stage[];
  /** By tensor: the last stage that reads it although it was computed, or quantized, in an earlier one. */
  readonly lastRead: ReadonlyMap<string, number>;
  /** Inputs that some stage reads. */
  readonly inputs: readonly string[];
}

/** What stages read that an earlier one computed, or that lies ready. */
export interface Reads {
  /** By tensor: the last stage that reads it so. */
  readonly lastRead: Map<string, number>;
  /** Nodes that lie ready and are read by some stage. */
  readonly reads: ReadonlySet<string>;
}

/**
 * Plans what stages compute that want one tensor each, one after the other.
 * @param edges the tensor that each stage wants
 * @param isReady whether a node's output lies there and need not be computed
 * @param isConstant whether a node's value follows from constants and variables alone
 */
export function planReads(
  graph: Graph,
  edges: readonly Edge[],
  isReady: (node: string) => boolean,
  isConstant: (node: string) => boolean,
): Reads {
  const computedIn = new Map<string, number>();
  const lastRead = new Map<string, number>();
  const reads = new Set<string>();
  const read = (edge: string, stage: number) => lastRead.set(edge, Math.max(stage, lastRead.get(edge) ?? stage));
  edges.forEach((wanted, stage) => {
    const open: Edge[] = [wanted];
    for (let edge = open.pop(); edge !== undefined; edge = open.pop()) {
      if (isConstant(edge.node)) continue;
      if (isReady(edge.node)) {
        read(edgeText(edge), stage);
        reads.add(edge.node);
        continue;
      }
      const earlier = computedIn.get(edge.node);
      if (earlier === undefined) {
        computedIn.set(edge.node, stage);
        open.push(...graph.node(edge.node).edges);
      } else if (earlier < stage) read(edgeText(edge), stage);
    }
  });
  return { lastRead, reads };
}

/**
 * Plans the sweep over `quantizers`, which come in the order in which thresholds are found.
 * @param inputs nodes that images are fed to
 * @param isConstant whether a node's value follows from constants and variables alone
 */
export function planSweep(
  graph: Graph,
  quantizers: readonly Quantizer[],
  inputs: readonly string[],
  isConstant: (node: string) => boolean,
): Plan {
  const sources = new Set(inputs);
  // Up to 8 bits a quantizer's output is kept in its tensor's stead. Wider ones are quantized again wherever they are read: their
  // tensors are accumulators, needed for a stage or two, and to store and load them as codes costs more than the kernel.
  const quantized = new Set(quantizers.flatMap(({ node, bits }) => (bits <= 8 ? [node] : [])));
  const lastMember = new Map(quantizers.map(({ threshold }, k) => [threshold, k]));

  const edges = quantizers.map(({ node }): Edge => graph.node(node).edges[0] ?? { node, port: 0 });
  const { lastRead, reads } = planReads(graph, edges, (node) => sources.has(node) || quantized.has(node), isConstant);
  // Samples stay until the threshold is final: a shared one counts them again with every member.
  edges.forEach((source, stage) => {
    if (isConstant(source.node)) return;
    const text = edgeText(source);
    const last = lastMember.get(quantizers[stage]?.threshold ?? '') ?? stage;
    lastRead.set(text, Math.max(last, lastRead.get(text) ?? last));
  });

  const sharing = new Map<string, number[]>();
  const members = quantizers.map(({ threshold }, k) => {
    const all = sharing.get(threshold) ?? [];
    sharing.set(threshold, [...all, k]);
    return [...all, k];
  });
  const releases = quantizers.map((): string[] => []);
  for (const [edge, stage] of lastRead) releases[stage]?.push(edge);
  return {
    stages: quantizers.map((quantizer, k) => ({
      quantizer,
      source: edges[k] ?? { node: quantizer.source, port: 0 },
      constant: isConstant(edges[k]?.node ?? quantizer.source),
      members: members[k] ?? [k],
      settles: lastMember.get(quantizer.threshold) === k,
      read: reads.has(quantizer.node),
      release: releases[k] ?? [],
    })),
    lastRead,
    inputs: [...sources].filter((name) => reads.has(name)),
  };
}
