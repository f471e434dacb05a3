import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import type { Shape } from '../../../worker/formats/tensor.ts';
import { openGraph } from '../../../worker/graph/graphFile.ts';
import { NodeAttrs } from '../../../worker/ops/attrs.ts';
import { inferShapes } from '../../../worker/ops/inferShapes.ts';
import { describeShared, hasShared, shared } from '../../shared.ts';

/** Graphs that cannot be opened at all. */
const BROKEN = ['bad_dup__plain', 'bad_dangling__plain'];

function graphFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return BROKEN.includes(entry.name) ? [] : graphFiles(file);
    return /\.pb(\.gz)?$/.test(entry.name) && entry.name !== 'saved_model.pb' ? [file] : [];
  });
}

const groups = hasShared ? readdirSync(shared('cases'), { withFileTypes: true }).filter((entry) => entry.isDirectory()) : [];

describeShared('shapes that TensorFlow cached in the recorded graphs', () => {
  it.each(groups.map(({ name }) => name))('are inferred alike in %s', (group) => {
    const wrong: string[] = [];
    let compared = 0;
    for (const file of graphFiles(shared('cases', group))) {
      const bytes = readFileSync(file);
      const graph = openGraph(file.endsWith('.gz') ? gunzipSync(bytes) : bytes, file);
      const shapes = inferShapes(graph);
      for (const node of graph.nodes) {
        const wanted = new NodeAttrs(node).outputShapes();
        // A placeholder without a shape of its own takes the cached one.
        if (wanted === undefined || node.op === 'Placeholder') continue;
        compared++;
        if (text(shapes.get(node.name)) !== text(wanted))
          wrong.push(`${file}: ${node.name} (${node.op}) ${text(shapes.get(node.name))}, not ${text(wanted)}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(0);
  });
});

function text(shapes: readonly Shape[] | undefined): string {
  return JSON.stringify(shapes);
}
