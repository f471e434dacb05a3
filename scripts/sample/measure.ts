import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createBackend } from '../../worker/execute/createBackend.ts';
import { Runner } from '../../worker/execute/execute.ts';
import { Session } from '../../worker/execute/session.ts';
import { makeTensor, tensorValues } from '../../worker/formats/tensorValues.ts';
import { openGraph } from '../../worker/graph/graphFile.ts';
import { noVariables } from '../../worker/graph/variables.ts';
import { drawImages, IMAGE_SIZE, networkInput } from './images.ts';
import { INPUT, OUTPUT } from './network.ts';
import { SEED, TEST_COUNT } from './plan.ts';
import { accuracyOf } from './score.ts';
import { CLASSES } from './shapes.ts';

const BATCH = 100;
const USAGE = `Accuracy of frozen graphs of the sample network (float, or quantized with --freeze) on its ${TEST_COUNT} test pictures.

  tsx scripts/sample/measure.ts GRAPH.pb [GRAPH.pb ...]
`;

/** Softmax outputs of a frozen graph for all test pictures, computed by the product's own wasm backend. */
async function testOutputs(file: string, inputs: Float32Array): Promise<Float32Array> {
  const graph = openGraph(new Uint8Array(readFileSync(file)), path.basename(file));
  const backend = await createBackend('wasm');
  const session = new Session(graph, { variables: noVariables, backend, feeds: [INPUT] });
  try {
    const runner = new Runner(session, [OUTPUT]);
    const outputs = new Float32Array(TEST_COUNT * CLASSES.length);
    const size = IMAGE_SIZE * IMAGE_SIZE * 3;
    for (let first = 0; first < TEST_COUNT; first += BATCH) {
      const batch = inputs.subarray(first * size, (first + BATCH) * size);
      const results = await runner.run(new Map([[INPUT, makeTensor('float32', [BATCH, IMAGE_SIZE, IMAGE_SIZE, 3], batch)]]));
      const softmax = results.get(OUTPUT);
      if (softmax !== undefined) outputs.set(tensorValues(softmax) as Float32Array, first * CLASSES.length);
    }
    return outputs;
  } finally {
    session.dispose();
    backend.dispose();
  }
}

async function main(): Promise<void> {
  const files = process.argv.slice(2);
  if (files.length === 0) throw new Error(USAGE);
  const { pixels, labels } = drawImages(SEED, 'test', 0, TEST_COUNT);
  const inputs = networkInput(pixels);
  for (const file of files) {
    const outputs = await testOutputs(file, inputs);
    console.log(`${(100 * accuracyOf(outputs, labels)).toFixed(2)} %  ${file}`);
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
