import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runCase } from '../../../bench/fuzz/cases.ts';
import { MUTATION_KINDS, mutate } from '../../../bench/fuzz/mutate.ts';
import { fuzzTargets, reproduce } from '../../../bench/fuzz/targets.ts';
import { typed } from '../../../bench/fuzz/work.ts';
import { GraffitistError } from '../../../worker/errors.ts';
import { joinBytes } from '../../../worker/formats/bytes.ts';
import { openCheckpoint } from '../../../worker/formats/checkpoint.ts';
import { readNpy } from '../../../worker/formats/npy.ts';
import { graphBytes, openGraph } from '../../../worker/graph/graphFile.ts';
import { describeShared, shared } from '../../shared.ts';
import { bytesOfFile, sharedFiles } from './sharedFiles.ts';

const mutation = fc.record({
  kind: fc.constantFrom(...MUTATION_KINDS),
  at: fc.noBias(fc.nat(2 ** 20 - 1)).map((at) => at / 2 ** 20),
  length: fc.oneof(
    fc.constant(0),
    fc.noBias(fc.nat(2 ** 20)).map((length) => length / 2 ** 22),
  ),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
});
const damaged = (files: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(fc.constantFrom(...files), fc.array(mutation, { minLength: 1, maxLength: 3 }))
    .map(([file, mutations]) => mutations.reduce(mutate, file));

describe('300 damaged files of every format', () => {
  it.each(fuzzTargets())('$name: each ends in a value or a typed error', async (target) => {
    const outcomes = new Map<string, number>();
    for (let number = 0; number < 300; number++) {
      const outcome = await runCase(target, number);
      if (typeof outcome !== 'string') throw new Error(`${reproduce(target.name, number)}\n${outcome.error}`);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect((outcomes.get('value') ?? 0) + (outcomes.get('refused') ?? 0)).toBe(300);
  });
});

describeShared('5,000 mutations of real files', () => {
  const graphs = [
    ...sharedFiles('in.pb').filter((_, i) => i % 8 === 0),
    shared('cases/nets/small_mobilenet_v2/small_mobilenet_v2_frozen.pb'),
    shared('cases/nets/small_mobilenet_v2/cal_recipe2_int8/expected.pb'),
  ].map(bytesOfFile);

  it('a graph opens, with attributes that decode and bytes that are kept, or is refused', () => {
    const outcomes = { opened: 0, refused: 0 };
    fc.assert(
      fc.property(damaged(graphs), (bytes) => {
        const graph = typed(() => openGraph(bytes, 'damaged.pb'));
        outcomes[graph === undefined ? 'refused' : 'opened']++;
        if (graph === undefined) return;
        // Every node has bytes of its own: there are no more of them than the file has room for.
        expect(graph.nodes.length).toBeLessThan(bytes.length / 6);
        for (const node of graph.nodes) for (const name of typed(() => [...node.attrs.keys()]) ?? []) typed(() => node.attr(name));
        expect(Buffer.compare(joinBytes(graphBytes(graph)), bytes)).toBe(0);
      }),
      { numRuns: 5000, seed: 20 },
    );
    expect(outcomes.opened).toBeGreaterThan(500);
    expect(outcomes.refused).toBeGreaterThan(500);
  });

  it('a checkpoint index opens or is refused, and its values have their checksums', async () => {
    const index = shared('cases/nets/small_mobilenet_v2/small_mobilenet_v2.ckpt.index');
    const data = index.replace(/index$/, 'data-00000-of-00001');
    const intact = bytesOfFile(data);
    const file = (name: string, bytes: Uint8Array) => ({ name: path.basename(name), blob: new Blob([bytes as BlobPart]) });
    const readAll = async (files: ReturnType<typeof file>[]): Promise<void> => {
      const checkpoint = await openCheckpoint(files);
      for (const name of checkpoint?.entries.keys() ?? []) await checkpoint?.read(name);
    };
    const refused = async (files: ReturnType<typeof file>[]): Promise<boolean> => {
      try {
        await readAll(files);
        return false;
      } catch (error) {
        if (error instanceof GraffitistError) return true;
        throw error;
      }
    };
    let refusals = 0;
    await fc.assert(
      fc.asyncProperty(damaged([bytesOfFile(index)]), async (bytes) => {
        if (await refused([file(index, bytes), file(data, intact)])) refusals++;
      }),
      { numRuns: 1000, seed: 21 },
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(intact.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = intact.map((byte, i) => (i === at ? byte ^ change : byte));
        expect(await refused([file(index, bytesOfFile(index)), file(data, bytes)])).toBe(true);
      }),
      { numRuns: 20, seed: 22 },
    );
    expect(refusals).toBeGreaterThan(900);
  });

  it('an array opens or is refused', () => {
    const arrays = [shared('cases/micro/calibration_set.npy'), shared('cases/nets/small_mobilenet_v2/ref_input.npy')].map((file) =>
      bytesOfFile(file).slice(0, 20_000),
    );
    fc.assert(
      fc.property(damaged(arrays), (bytes) => {
        typed(() => readNpy(bytes, 'damaged.npy'));
      }),
      { numRuns: 1000, seed: 23 },
    );
  });
});
