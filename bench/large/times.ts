/**
 * Times of reading, reading and indexing, copying and saving one file, interleaved; prints JSON of lists in ms.
 * Run: tsx times.ts GRAPH.pb RUNS
 */
import { openAsBlob } from 'node:fs';
import { graphFile } from '../../worker/export/files.ts';
import { Graph } from '../../worker/graph/graph.ts';
import { openGraphFile } from '../../worker/graph/graphFile.ts';

const [file = '', runs = '3'] = process.argv.slice(2);
const times: Record<'read' | 'open' | 'copy' | 'save', number[]> = { read: [], open: [], copy: [], save: [] };

async function timed<T>(what: keyof typeof times, work: () => Promise<T> | T): Promise<T> {
  const started = performance.now();
  const result = await work();
  times[what].push(performance.now() - started);
  return result;
}

for (let run = 0; run <= Number(runs); run++) {
  const blob = await openAsBlob(file);
  const bytes = await timed('read', async () => new Uint8Array(await blob.arrayBuffer()));
  await timed('copy', () => bytes.slice());
  const { graph } = await timed('open', () => openGraphFile({ name: 'frozen.pb', blob }));
  // A graph that is not as it was opened: its nodes are copied one by one.
  const [first, ...rest] = graph.nodes;
  if (first === undefined) throw new Error('The graph is empty.');
  const changed = new Graph([first.with({}), ...rest], graph.envelope);
  await timed('save', () => graphFile(changed, 'saved.pb'));
}
// The first run warms up.
console.log(JSON.stringify(Object.fromEntries(Object.entries(times).map(([what, list]) => [what, list.slice(1)]))));
