import { readFileSync } from 'node:fs';
import path from 'node:path';
import { openGraph } from '../../worker/graph/graphFile.ts';
import { drawImages, networkInput } from './images.ts';
import { graphOutputs } from './infer.ts';
import { SEED, TEST_COUNT } from './plan.ts';
import { accuracyOf } from './score.ts';

const USAGE = `Accuracy of frozen graphs of the sample network (float, or quantized with --freeze) on its ${TEST_COUNT} test pictures.

  tsx scripts/sample/measure.ts GRAPH.pb [GRAPH.pb ...]
`;

async function main(): Promise<void> {
  const files = process.argv.slice(2);
  if (files.length === 0) throw new Error(USAGE);
  const { pixels, labels } = drawImages(SEED, 'test', 0, TEST_COUNT);
  const inputs = networkInput(pixels);
  for (const file of files) {
    const outputs = await graphOutputs(openGraph(new Uint8Array(readFileSync(file)), path.basename(file)), inputs);
    console.log(`${(100 * accuracyOf(outputs, labels)).toFixed(2)} %  ${file}`);
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
