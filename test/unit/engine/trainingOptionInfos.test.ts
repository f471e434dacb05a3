import { expect, it } from 'vitest';
import { trainingOptionInfos } from '../../../worker/engine/trainingOptionInfos.ts';
import { trainingOptions } from '../../../worker/train/options.ts';

it('TRN11: every option of a run is told with what it does and its default', () => {
  const infos = trainingOptionInfos();
  expect(Object.fromEntries(infos.map((info) => [info.name, info.default]))).toEqual(trainingOptions());
  for (const { name, summary } of infos) expect(summary, name).toMatch(/^\p{Lu}.*\.$/u);
});
