/**
 * Claim: laying out 10,000 boxes takes no longer than dagre takes for 1,000 of the same kind.
 * Run: npx tsx bench/layout.ts
 */
import { layout as dagreLayout, Graph } from '@dagrejs/dagre';
import { layoutGraph } from '../worker/scene/layout.ts';
import { writeResult } from './results.ts';
import { type SyntheticNetwork, syntheticNetwork } from './syntheticNetwork.ts';

const RUNS = 3;

async function median(work: () => Promise<void> | void): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] ?? Number.NaN;
}

function dagre({ boxes, edges }: SyntheticNetwork): void {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'TB' });
  graph.setDefaultEdgeLabel(() => ({}));
  boxes.forEach((box, i) => {
    graph.setNode(String(i), { width: box.width, height: box.height });
  });
  for (const edge of edges) graph.setEdge(String(edge.from), String(edge.to));
  dagreLayout(graph);
}

const small = syntheticNetwork(1000, 1);
const large = syntheticNetwork(10_000, 1);
const nested = syntheticNetwork(10_000, 1, true);
const rows = [
  { what: 'dagre', boxes: small.boxes.length, edges: small.edges.length, ms: await median(() => dagre(small)) },
  {
    what: 'ours',
    boxes: small.boxes.length,
    edges: small.edges.length,
    ms: await median(async () => void (await layoutGraph(small.boxes, small.edges))),
  },
  {
    what: 'ours',
    boxes: large.boxes.length,
    edges: large.edges.length,
    ms: await median(async () => void (await layoutGraph(large.boxes, large.edges))),
  },
  {
    what: 'ours, in open groups',
    boxes: nested.boxes.length,
    edges: nested.edges.length,
    ms: await median(async () => void (await layoutGraph(nested.boxes, nested.edges))),
  },
];
console.table(rows.map((row) => ({ ...row, ms: Math.round(row.ms) })));
const ratio = (rows[2]?.ms ?? Number.NaN) / (rows[0]?.ms ?? Number.NaN);
console.log(`10,000 boxes ÷ dagre on 1,000: ${ratio.toFixed(2)} (claim ≤ 1)`);
writeResult('layout', { rows, ratio });
