import type { Graph } from '../graph/graph.ts';
import { inferShapes } from '../ops/inferShapes.ts';
import { isRefused } from './graffitistOps.ts';
import { removeIdentities } from './identities.ts';
import { choice } from './options.ts';
import { averagePools, reduceMeans } from './preprocess/averagePools.ts';
import { leakyRelus } from './preprocess/leakyRelus.ts';
import { longSums } from './preprocess/longSums.ts';
import { nestedConcats } from './preprocess/nestedConcats.ts';
import { clippedRelus, viewsBehindLayers } from './preprocess/plainForms.ts';
import { rescales } from './preprocess/rescales.ts';
import { type Report, Step, type SubStep } from './preprocess/step.ts';
import type { Transform } from './transform.ts';

/** In this order: each finds what the one before it made. */
const SUB_STEPS: readonly SubStep[] = [
  clippedRelus,
  viewsBehindLayers,
  reduceMeans,
  averagePools,
  leakyRelus,
  nestedConcats,
  longSums,
  rescales,
];

/** Writes layers in the few forms that quantize knows. */
export const preprocessLayers: Transform = {
  name: 'preprocess_layers',
  summary: 'Bring pools, leaky activations, sums and concats into the forms that quantize works on.',
  options: {
    avgpool: choice(
      ['auto', 'graffitist', 'exact'],
      'auto',
      'Average pools whose SAME windows hang over the border: changed there as in the original, or kept as they are; auto: changed in graphs that the original takes.',
    ),
  },
  after: ['fix_input_shape'],
  notAfter: ['quantize'],
  apply(model, options) {
    const clean = removeIdentities(model.graph, model.outputs, 'PRE1');
    const report: Report = { changes: [...clean.changes], skipped: [], warnings: [] };
    let graph: Graph = clean.graph;
    const refused = isRefused(model);
    const exactPooling = options.avgpool === 'exact' || (options.avgpool === 'auto' && refused);
    let shapes = graph === model.graph ? model.shapes : inferShapes(graph);
    for (const subStep of SUB_STEPS) {
      const step = new Step(graph, { shapes, outputs: model.outputs }, { exactPooling, refused }, report);
      subStep(step);
      const next = step.finish();
      if (next !== graph) shapes = inferShapes(next);
      graph = next;
    }
    return { model: { ...model, graph }, ...report };
  },
};
