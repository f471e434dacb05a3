import { expect, test } from '@playwright/test';
import { createBackend } from '../../worker/execute/createBackend.ts';
import { trainingOptions } from '../../worker/train/options.ts';
import { type MeasuredSteps, type StepsRequest, trainSteps } from './fixtures/training/steps.ts';
import { type StepsPage, serveSteps, stepsIn, tinySteps } from './support/trainingSteps.ts';

const UNIT = 2 ** -24;
/**
 * Float32 roundings on the longest way from the logits to a gradient, each of at most UNIT: 10 in a softmax (WGSL grants exp 3 + 2·|x| units
 * in the last place), sums over 5 classes, a sum of two branches (2), 16 channels, 9 taps, and over the 6 · 64 pixels of a batch. Sums in any
 * other order have no more. Terms of both signs cancel, so that what is left is held against the tensor's largest derivative, of a
 * threshold against the largest of all thresholds.
 */
const GRADIENT = (10 + 5 + 5 + 2 + 16 + 9 + 6 * 64) * UNIT;
/** log Σ exp of 5 logits and the mean of 6 images: 13 in exp, 4 + 5 in sums, 8 in log, and the difference and the mean's product. */
const LOSS = 32 * UNIT;

const { beta1, beta2 } = trainingOptions();

test.describe('three training steps of a tiny network on WebGPU and on wasm', () => {
  let request: StepsRequest;
  let served: StepsPage;
  test.beforeAll(async ({ browserName: _ }, testInfo) => {
    request = await tinySteps(testInfo.outputPath());
    served = await serveSteps(request);
  });
  test.afterAll(() => served.stop());

  test('GRD9 logits to the last bit, losses, every gradient, every weight and threshold after each step to float32’s rounding', async ({
    page,
  }) => {
    await page.goto(served.url);
    const webgpu = await stepsIn(page, 'webgpu', request);
    const wasm = await stepsIn(page, 'wasm', request);
    expect(webgpu.description).toContain('WebGPU');
    const reference = await createBackend('reference');
    const exact = await trainSteps(reference, request);
    reference.dispose();
    expect(webgpu.steps).toHaveLength(3);
    for (const found of [webgpu, wasm]) {
      expect(found.steps.map(({ logits }) => logits)).toEqual(exact.steps.map(({ logits }) => logits));
      for (const [at, { loss }] of found.steps.entries())
        expect(off(loss, exact.steps[at]?.loss)).toBeLessThanOrEqual(LOSS * Math.max(1, loss));
      expectGradients(found, exact);
    }
    expectGradients(webgpu, wasm);
    expectVariables(webgpu, wasm, request);
  });
});

function expectGradients(found: MeasuredSteps, expected: MeasuredSteps): void {
  for (const [at, { gradients }] of expected.steps.entries()) {
    const actual = found.steps[at]?.gradients ?? {};
    expect(Object.keys(actual).sort()).toEqual(Object.keys(gradients).sort());
    const thresholds = Math.max(...Object.entries(gradients).flatMap(([name, values]) => (isThreshold(name) ? values.map(Math.abs) : [])));
    for (const [name, values] of Object.entries(gradients)) {
      const largest = isThreshold(name) ? thresholds : Math.max(...values.map(Math.abs));
      expect(largest, name).toBeGreaterThan(0);
      const worst = Math.max(...values.map((value, i) => off(actual[name]?.[i], value)));
      expect(worst, `step ${at + 1}, ${name}`).toBeLessThanOrEqual(GRADIENT * largest);
    }
  }
}

/**
 * Adam's step is rate · m / √v, means of the gradients so far with weights aₖ and bₖ. By Cauchy and Schwarz |m| ≤ C · √v with
 * C = √Σ aₖ² / bₖ; where no gradient differs by more than its η-th part, m / √v differs by 2ηC / (1 − η) at most, and by 2C whatever differs.
 * Where all gradients of an element were equal it is equal to the last bit.
 */
function expectVariables(found: MeasuredSteps, expected: MeasuredSteps, { options }: StepsRequest): void {
  const names = Object.keys(expected.steps[0]?.gradients ?? {});
  let equal = 0;
  let all = 0;
  for (const name of names) {
    const rate = isThreshold(name) ? options.thresholdRate : options.weightRate;
    const count = expected.steps[0]?.variables[name]?.length ?? 0;
    for (let i = 0; i < count; i++) {
      let [share, bound] = [0, 0];
      for (const [at, step] of expected.steps.entries()) {
        const [a, b] = [step.gradients[name]?.[i] ?? Number.NaN, found.steps[at]?.gradients[name]?.[i] ?? Number.NaN];
        share = a === b ? share : Math.max(share, Math.abs(a) === 0 ? 1 : Math.min(1, Math.abs(a - b) / Math.abs(a)));
        const most = Math.sqrt(steepness(at + 1));
        const value = step.variables[name]?.[i] ?? Number.NaN;
        bound += share === 0 ? 0 : rate * most * (Math.min(2, (2 * share) / (1 - share)) + 16 * UNIT) + 2 * UNIT * Math.abs(value);
        const difference = off(found.steps[at]?.variables[name]?.[i], value);
        expect(difference, `step ${at + 1}, ${name}[${i}]`).toBeLessThanOrEqual(bound);
        if (difference === 0) equal++;
        all++;
      }
    }
  }
  expect(all).toBeGreaterThan(2000);
  // Far more than a bound says: rounding is seen in few of them.
  expect(equal / all).toBeGreaterThan(0.5);
}

/** Σ aₖ² / bₖ after so many steps. */
function steepness(steps: number): number {
  const share = (beta: number, k: number): number => ((1 - beta) * beta ** (steps - k)) / (1 - beta ** steps);
  return Array.from({ length: steps }, (_, k) => share(beta1, k + 1) ** 2 / share(beta2, k + 1)).reduce((sum, part) => sum + part, 0);
}

function isThreshold(name: string): boolean {
  return /\/(m_)?threshold$/.test(name);
}

function off(a: number | undefined, b: number | undefined): number {
  return Math.abs((a ?? Number.NaN) - (b ?? Number.NaN));
}
