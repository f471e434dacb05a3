import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ComputePool } from '../../../worker/compute/pool.ts';
import { describeShared, hasShared, shared } from '../../shared.ts';
import { spawnHere } from '../../unit/compute/spawn.ts';
import { caseFile } from '../runCase.ts';
import { calibrateOn, differingThresholds, quantizedModel, recordedThresholds } from './calibrated.ts';

/** QNT51 gives the first other formats than the original, QNT52 the second quantizers that it lacks. */
const MENDED: readonly string[] = ['concat_relu_linear__q8', 'eltw_leaky_after__q8'];

/** Cases that the original calibrated. */
const calibrated = hasShared
  ? readdirSync(shared('cases/micro')).filter(
      (name) => /__(q|train)/.test(name) && !MENDED.includes(name) && (caseFile(`cases/micro/${name}`).calibration_order?.length ?? 0) > 0,
    )
  : [];

describeShared('micro cases calibrated as the original does', () => {
  let pool: ComputePool;
  beforeAll(async () => {
    pool = await ComputePool.start({ spawn: spawnHere, backend: 'wasm', workers: 1 });
  });
  afterAll(() => pool.dispose());

  it('are all there', () => {
    expect(calibrated.length).toBeGreaterThanOrEqual(46);
  });

  it.each(calibrated)('CAL1 … CAL6: %s', async (name) => {
    const folder = `cases/micro/${name}`;
    const { args, calibration_order } = caseFile(folder);
    const model = await quantizedModel(folder, args);
    const { thresholds } = await calibrateOn(model, ['cases/micro', 'calibration_set.npy'], { pool: async () => pool });
    expect(differingThresholds(thresholds, recordedThresholds(folder, 'expected_thresholds.json'))).toEqual([]);
    expect([...thresholds.keys()]).toEqual(calibration_order);
  });
});
