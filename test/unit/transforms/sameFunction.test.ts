import fc from 'fast-check';
import { expect, it } from 'vitest';
import { validateGraph } from '../../../worker/graph/validate.ts';
import { noVariables } from '../../../worker/graph/variables.ts';
import { floatOutputs, relativeDifference } from '../../golden/floatRun.ts';
import { RECIPE_1, run } from './build.ts';
import { networkPlan, randomNetwork } from './randomNetwork.ts';

it('recipe 1 keeps every graph valid, every output under its name, and every value', async () => {
  await fc.assert(
    fc.asyncProperty(networkPlan, async (drawn) => {
      const { graph, outputs } = randomNetwork(drawn);
      const { model, results } = run(graph, outputs);
      for (const result of results) validateGraph(result.model.graph);
      const request = { variables: noVariables, inputs: ['input'], shape: [8, 8, 3], outputs, wide: true };
      const before = await floatOutputs(graph, request);
      const after = await floatOutputs(model.graph, request);
      outputs.forEach((name, i) => {
        expect([name, relativeDifference(before[i] ?? [], after[i] ?? []) < 1e-9]).toEqual([name, true]);
      });
    }),
    { numRuns: 150 },
  );
});

it.each([
  ['equalize_layers', 1e-5],
  ['equalize_layers(power_of_two=True)', 0],
] as const)('EQU1, EQU2: %s keeps every graph valid, and every value to a relative difference of %s', async (transform, most) => {
  let pairs = 0;
  await fc.assert(
    fc.asyncProperty(networkPlan, async (drawn) => {
      const { graph, outputs } = randomNetwork(drawn);
      const { model: folded } = run(graph, outputs);
      const { model, rules } = run(graph, outputs, [...RECIPE_1, transform]);
      pairs += rules.filter((rule) => rule === 'EQU1').length;
      validateGraph(model.graph);
      const request = { variables: noVariables, inputs: ['input'], shape: [8, 8, 3], outputs, wide: true };
      const before = await floatOutputs(folded.graph, request);
      const after = await floatOutputs(model.graph, request);
      outputs.forEach((name, i) => {
        expect([name, relativeDifference(before[i] ?? [], after[i] ?? []) <= most]).toEqual([name, true]);
      });
    }),
    { numRuns: 150 },
  );
  expect(pairs).toBeGreaterThan(20);
});
