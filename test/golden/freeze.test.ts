import { expect, it } from 'vitest';
import type { Tensor } from '../../worker/formats/tensor.ts';
import { describeShared, hasShared } from '../shared.ts';
import { variablesOf } from './floatRun.ts';
import { expectSameGraph } from './quantizedGraphs.ts';
import { caseFile, microCases, readGraph, runMicroCase } from './runCase.ts';

const cases = (hasShared ? microCases() : []).filter((name) => name.startsWith('freeze__'));
const completed = cases.filter((name) => caseFile(`cases/micro/${name}`).original === 'ok');

/** All that the checkpoint of a case holds. */
async function valuesOf(name: string): Promise<ReadonlyMap<string, Tensor>> {
  const source = await variablesOf(`cases/micro/${name}`);
  return new Map(await Promise.all([...source.entries.keys()].map(async (key) => [key, await source.read(key)] as const)));
}

describeShared('micro cases that the original freezes', () => {
  it('there are cases', () => expect(completed.length).toBeGreaterThanOrEqual(4));

  it.each(completed)('FRZ1, FRZ3, FBI4 %s', async (name) => {
    const { model, nodeCounts } = runMicroCase(name, await valuesOf(name));
    expectSameGraph(readGraph('cases/micro', name, 'expected.pb'), model.graph);
    expect(nodeCounts).toEqual(caseFile(`cases/micro/${name}`).node_counts.slice(0, -1));
  });
});
