import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { graffitistFiles } from '../../../worker/export/files.ts';
import { openCheckpoint } from '../../../worker/formats/checkpoint.ts';
import { listedVariables, type MetaInfo } from '../../../worker/formats/metaGraph.ts';
import { tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { type OpenedGraph, openGraphBytes } from '../../../worker/graph/graphFile.ts';
import { describeShared, shared } from '../../shared.ts';
import { checkpointOf, quantizedModel, recordedThresholds } from '../calibrate/calibrated.ts';
import { expectSameGraph } from '../quantizedGraphs.ts';
import { caseFile, readArguments } from '../runCase.ts';

const SMALL = ['small_mobilenet_v2', 'small_resnet_v1'].flatMap((network) =>
  ['cal_recipe3a_int8', 'cal_recipe3a_int4'].map((run) => [`cases/nets/${network}`, run, network, `${run}/expected_ckpt`] as const),
);

function open(bytes: Uint8Array): OpenedGraph {
  return openGraphBytes(bytes, 'x.meta');
}

/** Collections by name: variables field by field, everything else as it is. */
function collectionsOf(meta: MetaInfo | null): Record<string, unknown> {
  const entries = [...(meta?.collections ?? [])].map(([name, collection]) => [
    name,
    collection.kind === 'bytes' ? listedVariables(collection) : collection,
  ]);
  return Object.fromEntries(entries);
}

async function writtenFiles(folder: string, args: readonly string[], thresholds: Readonly<Record<string, number>>, name: string) {
  const model = await quantizedModel(folder, args);
  const { meta } = open(new Uint8Array(readFileSync(shared(folder, readArguments(args).inGraph))));
  const source = { model: { ...model, meta }, thresholds: new Map(Object.entries(thresholds)) };
  return graffitistFiles(source, 'out', `${name}.ckpt`);
}

async function bytesOf(files: Awaited<ReturnType<typeof writtenFiles>>, name: string): Promise<Uint8Array> {
  const file = files.find((one) => one.name === name);
  return new Uint8Array((await file?.blob.arrayBuffer()) ?? new ArrayBuffer(0));
}

describeShared('what recipe 3a writes', () => {
  it.each(SMALL)(
    'EXP8 graph, collections and saver of the MetaGraph, values of the checkpoint: %s, %s',
    async (folder, run, name, written) => {
      const thresholds = recordedThresholds(folder, run, 'expected_thresholds.json');
      const files = await writtenFiles(folder, caseFile(`${folder}/${run}`).args, thresholds, name);
      const prefix = `${name}_graffitist.ckpt`;
      expect(files.map((file) => file.name)).toEqual([
        'out.pb',
        `${prefix}.index`,
        `${prefix}.data-00000-of-00001`,
        `${prefix}.meta`,
        'checkpoint',
      ]);

      const expected = open(new Uint8Array(readFileSync(shared(folder, written, `${prefix}.meta`))));
      const found = open(await bytesOf(files, `${prefix}.meta`));
      expectSameGraph(expected.graph, found.graph);
      expect(found.meta?.saver).toEqual(expected.meta?.saver);
      expect(collectionsOf(found.meta)).toEqual(collectionsOf(expected.meta));

      const [ours, theirs] = [await openCheckpoint(files), await checkpointOf(`${folder}/${written}`)];
      expect([...(ours?.entries.keys() ?? [])]).toEqual([...theirs.entries.keys()]);
      for (const variable of theirs.entries.keys()) {
        const [a, b] = [await ours?.read(variable), await theirs.read(variable)];
        expect(a?.shape).toEqual(b.shape);
        expect(tensorNumbers(a as typeof b)).toEqual(tensorNumbers(b));
      }
    },
  );
});
