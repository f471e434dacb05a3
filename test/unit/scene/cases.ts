import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { readGraphDef } from '../../../worker/formats/graphDef.ts';
import { Graph, GraphNode } from '../../../worker/graph/graph.ts';
import { inferShapes } from '../../../worker/ops/inferShapes.ts';
import { readQuantizers } from '../../../worker/quantize/readQuantizers.ts';
import type { SceneInput } from '../../../worker/scene/scene.ts';
import { shared } from '../../shared.ts';

/** Every graph among the reference networks: as exported, for training, and after each recipe. */
export function networkFiles(): string[] {
  return readdirSync(shared('cases/nets'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(pb|pb\.gz|meta)$/.test(file) && !/saved_model|cal_/.test(file))
    .sort()
    .map((file) => shared('cases/nets', file));
}

/** Graphs of the micro cases: what went in and, where there is one, what came out. */
export function microFiles(): string[] {
  return readdirSync(shared('cases/micro'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => [shared('cases/micro', name, 'in.pb'), shared('cases/micro', name, 'expected.pb')])
    .filter((file) => existsSync(file))
    .sort();
}

export function readGraph(file: string): Graph {
  const bytes = file.endsWith('.gz') ? gunzipSync(readFileSync(file)) : readFileSync(file);
  const { nodes } = readGraphDef(file.endsWith('.meta') ? graphOfMeta(bytes) : bytes);
  return new Graph(nodes.map((node) => new GraphNode(node)));
}

/** Field 2 of a MetaGraphDef. */
function graphOfMeta(bytes: Uint8Array): Uint8Array {
  let at = 0;
  const varint = () => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const length = varint();
    if (tag >> 3 === 2) return bytes.subarray(at, at + length);
    at += length;
  }
  throw new Error('The file holds no graph.');
}

/** What the document worker would pass for a stage; thresholds are invented, one per variable. */
export function sceneInput(graph: Graph, more: Partial<SceneInput> = {}): SceneInput {
  const quantizers = readQuantizers(graph);
  return {
    graph,
    quantizers,
    thresholds: new Map(quantizers.map(({ threshold }, i) => [threshold, (i % 9) - 4.5])),
    shapes: inferShapes(graph),
    inputs: [],
    outputs: [],
    leftFloat: new Map(),
    changed: new Set(),
    ...more,
  };
}
