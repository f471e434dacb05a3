/** The sample network as a frozen graph in an engine, its statistics perhaps spoiled. */
import { FILES } from '../../../../scripts/sample/files.ts';
import type { RunFiles } from '../../../../worker/engine/train/runFiles.ts';
import { createEngine, type LocalEngine } from '../../../../worker/engine.ts';
import { joinBytes } from '../../../../worker/formats/bytes.ts';
import { makeTensor, tensorNumbers } from '../../../../worker/formats/tensorValues.ts';
import { GraphEditor } from '../../../../worker/graph/graph.ts';
import { graphBytes, openGraph } from '../../../../worker/graph/graphFile.ts';
import { spawnHere } from '../../compute/spawn.ts';
import { fileOf } from '../../data/files.ts';
import { spawnDataHere } from '../../data/spawn.ts';
import { committedFile } from '../../sample/committed.ts';
import { dataSet, pipeline } from './sample.ts';

/** The frozen graph with every moving variance sixteen times too large and every moving mean moved: what it answers is worth nothing. */
export function spoiledGraph(): Uint8Array {
  const graph = openGraph(committedFile(FILES.frozen), FILES.frozen);
  const editor = new GraphEditor(graph);
  for (const node of graph.nodes) {
    const value = node.attr('value');
    const [mean, variance] = ['moving_mean', 'moving_variance'].map((end) => node.name.endsWith(`/${end}`));
    if (value?.kind !== 'tensor' || !(mean || variance)) continue;
    const numbers = Float64Array.from(tensorNumbers(value.value), (number) => (mean ? number + 1 : 16 * number));
    editor.replace(node.with({ attrs: { value: { kind: 'tensor', value: makeTensor('float32', value.value.shape, numbers) } } }));
  }
  return joinBytes(graphBytes(editor.graph()));
}

export interface FrozenOptions {
  readonly graph?: Uint8Array;
  readonly runFiles?: RunFiles;
}

/** An engine with the frozen graph behind some transforms, and forty labelled images open. */
export async function frozenEngine(transforms: readonly string[], { graph, runFiles }: FrozenOptions = {}): Promise<LocalEngine> {
  const engine = createEngine({
    ...{ spawn: spawnHere, cores: 1, backend: 'wasm', spawnData: spawnDataHere },
    ...(runFiles === undefined ? {} : { runFiles }),
  });
  await engine.open([
    fileOf(FILES.frozen, graph ?? committedFile(FILES.frozen)),
    fileOf(FILES.calibration, committedFile(FILES.calibration)),
  ]);
  const failed = (await engine.run(pipeline(...transforms))).steps.find(({ error }) => error !== undefined);
  if (failed !== undefined) throw new Error(failed.error?.cause);
  await engine.openData(dataSet());
  return engine;
}
