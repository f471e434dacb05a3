import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import { tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { type AdamStep, adamStep, startOfAdam } from '../../../worker/train/adam.ts';
import { readNpz } from '../../npz.ts';
import { describeShared, shared } from '../../shared.ts';
import { checkpointOf } from '../calibrate/calibrated.ts';

const EXPECTED = 'cases/cifar_mobilenet/expected';

interface Recorded {
  readonly settings: {
    readonly lr_wt: number;
    readonly lr_th: number;
    readonly beta1: number;
    readonly beta2: number;
    readonly eps: number;
  };
  readonly thresholds_initial: Readonly<Record<string, number>>;
  readonly steps: readonly {
    readonly threshold_grad: Readonly<Record<string, number>>;
    readonly threshold_new: Readonly<Record<string, number>>;
    readonly weights: Readonly<Record<string, { readonly new_norm: number; readonly new_first8: readonly number[] }>>;
  }[];
}

function recorded(run: string): Recorded {
  return JSON.parse(readFileSync(shared(EXPECTED, `${run}.json`), 'utf8')) as Recorded;
}

function floats(tensor: Tensor | undefined): Float32Array {
  return Float32Array.from(tensorNumbers(tensor as Tensor));
}

describeShared.each(['steps_bn_batch', 'steps_freeze_bn'])('two Adams from recorded gradients: %s', (run) => {
  it('TRN2 every threshold to the last bit', () => {
    const { settings, thresholds_initial: initial, steps } = recorded(run);
    const adam = { beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.eps };
    let state: AdamStep = {
      values: new Map(Object.entries(initial).map(([name, value]) => [name, { shape: [], values: Float32Array.of(value) }])),
      state: startOfAdam(adam),
    };
    for (const step of steps) {
      const gradients = new Map(Object.entries(step.threshold_grad).map(([name, value]) => [name, Float32Array.of(value)]));
      state = adamStep(state, gradients, settings.lr_th, adam);
      expect(Object.fromEntries([...state.values].map(([name, { values }]) => [name, values[0]]))).toEqual(step.threshold_new);
    }
    expect(Object.keys(initial)).toHaveLength(51);
  });

  it('TRN2 every weight to float32 rounding', async () => {
    const { settings, steps } = recorded(run);
    const adam = { beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.eps };
    const gradients = readNpz(shared(EXPECTED, `${run}_grads.npz`));
    const checkpoint = await checkpointOf(EXPECTED);
    const values = new Map<string, { readonly shape: readonly number[]; readonly values: Float32Array }>();
    for (const name of Object.keys(steps[0]?.weights ?? {})) {
      const value = await checkpoint.read(name);
      values.set(name, { shape: value.shape, values: floats(value) });
    }
    let state: AdamStep = { values, state: startOfAdam(adam) };
    for (const [index, step] of steps.entries()) {
      const names = Object.keys(step.weights);
      const own = new Map(names.map((name) => [name, floats(gradients.get(`g${index + 1}|${name.replaceAll('/', '|')}`))]));
      state = adamStep(state, own, settings.lr_wt, adam);
      for (const [name, { new_first8: first, new_norm: norm }] of Object.entries(step.weights)) {
        const found = state.values.get(name)?.values ?? new Float32Array(0);
        first.forEach((value, i) => {
          // TensorFlow takes roots of eight elements at once to 1.5 units in the last place; the step is a millionth of the weight.
          expect(Math.abs((found[i] ?? Number.NaN) - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -23);
        });
        expect(Math.abs(Math.hypot(...found) / norm - 1)).toBeLessThan(1e-6);
      }
    }
    expect(values.size).toBe(47);
  });
});
