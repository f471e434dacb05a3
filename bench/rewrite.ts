/**
 * Claim: the time per node of recipes 1 and 2 without calibration is within 1.5× from resnet_v1_152 to a graph 16 times as deep. Reported
 * beside it: that time over parsing and serialising the same file, and seconds per transform.
 * Where GRAFFITIST_PYTHON names a Python that can import the original, its time on the same file stands beside ours.
 * Run: npx tsx bench/rewrite.ts
 */
import { joinBytes } from '../worker/formats/bytes.ts';
import { Graph } from '../worker/graph/graph.ts';
import { graphBytes, openGraph } from '../worker/graph/graphFile.ts';
import type { Model } from '../worker/graph/model.ts';
import { parseExpression } from '../worker/transforms/expression.ts';
import { applyStep } from '../worker/transforms/pipeline.ts';
import { resnetModel } from './networks/resnet.ts';
import { originalSeconds } from './original.ts';
import { writeResult } from './results.ts';

const DEPTHS = [1, 4, 16];
const RUNS = 5;
const STEPS = [
  'fix_input_shape',
  'fold_batch_norms',
  'remove_training_nodes',
  'strip_unused_nodes',
  'preprocess_layers',
  'quantize(calibrate_quant_layers=False, weight_bits=-8, activation_bits=-8, layer_bits=-16, relu_bits=8, avgpool_bits=8, avgpool_reciprocal_bits=8)',
];

interface Sample {
  readonly parse: number;
  readonly steps: readonly number[];
  readonly nodes: number;
}

const clock = (): number => performance.now();

/** Parses and serialises the file (each node from its parts, as a changed graph is), then rewrites what was parsed. Times in ms. */
function sample(bytes: Uint8Array, opened: Model): Sample {
  const started = clock();
  const parsed = openGraph(bytes, 'resnet.pb');
  const copy = new Graph(parsed.nodes.map((node) => node.with({})));
  graphBytes(copy);
  const parse = clock() - started;
  let model: Model = { ...opened, graph: parsed };
  const steps = STEPS.map((text) => {
    const before = clock();
    model = applyStep(model, parseExpression(text)).model;
    return clock() - before;
  });
  return { parse, steps, nodes: parsed.nodes.length };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const files = DEPTHS.map((depth) => {
  const model = resnetModel(depth);
  return { depth, model, bytes: joinBytes(graphBytes(model.graph)) };
});
const samples = files.map((): Sample[] => []);
for (let run = 0; run <= RUNS; run++) {
  files.forEach(({ bytes, model }, i) => {
    const taken = sample(bytes, model);
    if (run > 0) samples[i]?.push(taken);
  });
}
const rows = files.map(({ depth, bytes }, i) => {
  const taken = samples[i] ?? [];
  const parseMs = mean(taken.map(({ parse }) => parse));
  const perStep = STEPS.map((_, step) => mean(taken.map(({ steps }) => steps[step] ?? Number.NaN)));
  const rewriteMs = perStep.reduce((sum, ms) => sum + ms, 0);
  const nodes = taken[0]?.nodes ?? Number.NaN;
  const original = originalSeconds(bytes, STEPS);
  return {
    depth,
    nodes,
    parseMs,
    rewriteMs,
    ratio: rewriteMs / parseMs,
    usPerNode: (1000 * rewriteMs) / nodes,
    steps: Object.fromEntries(STEPS.map((text, step) => [text.replace(/\(.*/, ''), (perStep[step] ?? Number.NaN) / 1000])),
    ...(original === undefined ? {} : { originalSeconds: original }),
  };
});
const round = (value: number): number => Number(value.toPrecision(3));
console.table(rows.map(({ steps, ...row }) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, round(value)]))));
console.log('seconds per transform:');
console.table(
  rows.map(({ depth, steps }) => ({ depth, ...Object.fromEntries(Object.entries(steps).map(([name, s]) => [name, round(s)])) })),
);
const perNode = rows.map(({ usPerNode }) => usPerNode);
const growth = Math.max(...perNode) / Math.min(...perNode);
console.log(`recipes 1 + 2 ÷ parsing and serialising resnet_v1_152: ${rows[0]?.ratio.toFixed(2)}`);
console.log(`time per node, largest ÷ smallest: ${growth.toFixed(2)} (claim ≤ 1.5)`);
writeResult('rewrite', { runs: RUNS, rows, growth });
