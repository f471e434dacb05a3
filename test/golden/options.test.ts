import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ComputePool } from '../../worker/compute/pool.ts';
import type { ErrorCode } from '../../worker/errors.ts';
import { readQuantizers } from '../../worker/quantize/readQuantizers.ts';
import { settledModel } from '../../worker/transforms/pipeline.ts';
import { describeShared, hasShared, shared } from '../shared.ts';
import { spawnHere } from '../unit/compute/spawn.ts';
import { calibrateOn, checkpointOf, differingThresholds, recordedThresholds } from './calibrate/calibrated.ts';
import { expectSameGraph } from './quantizedGraphs.ts';
import { type CaseResult, caseFile, microCases, readGraph, runMicroCase } from './runCase.ts';

const OPTIONS = /layer_merge_list|conv_split_list|left_shift_list|dump_quant_params=True|bit_accurate/;

/** Cases of the options that need list files or thresholds, by what the original did. */
const cases = (hasShared ? microCases() : []).filter((name) => caseFile(`cases/micro/${name}`).args.some((word) => OPTIONS.test(word)));
const completed = cases.filter((name) => caseFile(`cases/micro/${name}`).original === 'ok');

/** The graph of a case after the last step of quantize, with the thresholds of the original. */
function finished(name: string): { readonly result: CaseResult; readonly model: CaseResult['model'] } {
  const result = runMicroCase(name);
  const last = result.results.at(-1);
  const file = shared('cases/micro', name, 'expected_thresholds.json');
  const thresholds = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>) : {};
  const done = last?.finish?.(last.model, new Map(Object.entries(thresholds)));
  if (done === undefined) throw new Error('there was nothing to finish');
  return { result, model: settledModel(done.model) };
}

describeShared('micro cases of quantize’s list files and last steps', () => {
  it('there are cases', () => expect(completed.length).toBeGreaterThanOrEqual(5));

  it.each(completed)('QNT40, QNT42 … QNT45 %s: the original’s graph', (name) => {
    const { result, model } = finished(name);
    const expected = readGraph('cases/micro', name, 'expected.pb');
    expectSameGraph(expected, model.graph);
    expect(readQuantizers(model.graph)).toEqual(readQuantizers(expected));
    const { node_counts } = caseFile(`cases/micro/${name}`);
    const before = result.nodeCounts.slice(0, -1);
    expect([...before, ['quantize', model.graph.nodes.length]]).toEqual(node_counts.slice(0, -1));
  });
});

/** What the original fails on, and what is said here. */
const REFUSED: readonly (readonly [name: string, code: ErrorCode, text: RegExp])[] = [
  ['opts__merge_bits_err', 'quantizer-conflict', /do not share the same bitwidth. Can't be merged!/],
  ['opts__merge_one_err', 'quantizer-conflict', /Unable to find a quant layer to merge 'net\/c1\/Mul_fold_weight_quant' with!/],
  ['opts__merge_unknown_err', 'quantizer-conflict', /Quant layer name 'input_inp_quant' inferred from layer_merge_list is unknown!/],
  ['opts_bitacc_nobias__bitacc', 'quantizer-conflict', /Expected net\/c1\/Conv2D to be followed by LinearQuant op, instead got Relu op./],
];

describeShared('micro cases of these options that the original fails on', () => {
  it.each(REFUSED)('QNT41, QNT45 %s: %s', (name, code, text) => {
    expect(caseFile(`cases/micro/${name}`).original).toBe('fails');
    expect(() => runMicroCase(name)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(text) }));
  });

  it('QNT18, QNT40 names without a common prefix: the shared variable stands in the scope of the first', () => {
    const { model } = runMicroCase('manual_merge_no_common_scope__m');
    const groups = readQuantizers(model.graph).filter(({ group }) => group?.includes('manual_merge') === true);
    expect(groups.map(({ name, threshold }) => [name, threshold])).toEqual([
      ['aa/Relu_act_quant', 'aa/Relu_act_quant/act_quant_manual_merge/m_threshold'],
      ['bb/Relu_act_quant', 'aa/Relu_act_quant/act_quant_manual_merge/m_threshold'],
    ]);
  });
});

const calibrated = completed.filter((name) => (caseFile(`cases/micro/${name}`).calibration_order?.length ?? 0) > 0);

describeShared('micro cases of these options, calibrated', () => {
  let pool: ComputePool;
  beforeAll(async () => {
    pool = await ComputePool.start({ spawn: spawnHere, backend: 'wasm', workers: 1 });
  });
  afterAll(() => pool.dispose());

  it('there are cases', () => expect(calibrated.length).toBeGreaterThanOrEqual(4));

  it.each(calibrated)('CAL1 … CAL6, QNT40, QNT42 %s: the original’s thresholds', async (name) => {
    const folder = `cases/micro/${name}`;
    const last = runMicroCase(name).results.at(-1);
    if (last === undefined) throw new Error('nothing was run');
    const model = { ...last.model, variables: await checkpointOf(folder) };
    const { thresholds } = await calibrateOn(model, ['cases/micro', 'calibration_set.npy'], { pool: async () => pool });
    expect([...thresholds.keys()]).toEqual(caseFile(folder).calibration_order);
    const done = last.finish?.(model, thresholds);
    expect(differingThresholds(done?.thresholds ?? new Map(), recordedThresholds(folder, 'expected_thresholds.json'))).toEqual([]);
  });
});
