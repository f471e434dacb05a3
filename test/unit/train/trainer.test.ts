import { describe, expect, it } from 'vitest';
import { GraffitistError } from '../../../worker/errors.ts';
import { imageOrder } from '../../../worker/train/imageOrder.ts';
import type { TrainingPlan } from '../../../worker/train/plan.ts';
import { type TrainingState, withFrozen, withReleased, withThreshold } from '../../../worker/train/state.ts';
import { parseTraining, resumedState, serializeTraining } from '../../../worker/train/storedState.ts';
import { type StepRequest, type TrainingEvent, type TrainingServices, train } from '../../../worker/train/trainer.ts';
import { THRESHOLDS, toyPlan, toyServices, toyStart } from './toy.ts';

interface Ran {
  readonly state: TrainingState;
  readonly events: readonly TrainingEvent[];
}

/** Runs until `events` have come, or to the end. */
async function run(plan: TrainingPlan, from: TrainingState, services: TrainingServices, events = Number.POSITIVE_INFINITY): Promise<Ran> {
  const seen: TrainingEvent[] = [];
  let state = from;
  for await (const event of train(plan, from, services)) {
    seen.push(event);
    state = event.state;
    if (seen.length === events) break;
  }
  return { state, events: seen };
}

const thresholdOf = (state: TrainingState, name: string) => state.variables.get(name)?.values[0];

describe('a training run', () => {
  it('TRN8 stopped after any event, stored and gone on with, ends in the same bytes as one that was never stopped', async () => {
    const plan = toyPlan();
    const whole = await run(plan, toyStart(plan), toyServices());
    const expected = serializeTraining(plan, whole.state);
    for (const pieces of [1, 7, 26, 60]) {
      let state = toyStart(plan);
      let events = pieces;
      while (events === pieces) {
        const piece = await run(plan, state, toyServices(), pieces);
        events = piece.events.length;
        state = resumedState(plan, parseTraining(serializeTraining(plan, piece.state), 'run'), 'run');
      }
      expect(serializeTraining(plan, state)).toEqual(expected);
    }
    expect(whole.state.step).toBe(120);
    expect(whole.state.freezing.frozen.length).toBe(3);
  });

  it('TRN7 sees every image once an epoch, in an order of its own each', async () => {
    const plan = toyPlan({ steps: 25 });
    const seen: StepRequest[] = [];
    await run(plan, toyStart(plan), toyServices(seen));
    const images = seen.flatMap(({ images: batch }) => [...batch]);
    const epochs = [0, 1, 2, 3].map((epoch) => images.slice(50 * epoch, 50 * (epoch + 1)));
    const all = Array.from({ length: 50 }, (_, i) => i);
    for (const epoch of epochs) expect(epoch.toSorted((a, b) => a - b)).toEqual(all);
    expect(new Set([...epochs, all].map((epoch) => epoch.join())).size).toBe(5);
    const other = imageOrder(6, 50)(0, 50);
    expect([...other].join()).not.toBe(epochs[0]?.join());
  });

  it('TRN3 uses batch statistics for an epoch, moving ones after it', async () => {
    const plan = toyPlan({ steps: 20 });
    const seen: StepRequest[] = [];
    const { state } = await run(plan, toyStart(plan), toyServices(seen));
    // 50 images in batches of 8: the seventh step is the first that has more than an epoch before it.
    expect(seen.map(({ batchNormFrozen }) => batchNormFrozen).indexOf(true)).toBe(7);
    const early = await run(plan, toyStart(plan), toyServices(), 8);
    expect(state.variables.get('moving_mean')).toEqual(early.state.variables.get('moving_mean'));
    expect(state.variables.get('moving_mean')?.values[0]).not.toBe(0);
  });

  it('TRN15 validates first, at every interval and at the end, and keeps the best', async () => {
    const plan = toyPlan({ steps: 60 });
    const scores = [0.5, 0.7, 0.7, 0.6];
    let asked = 0;
    const services = { ...toyServices(), validate: async () => scores[asked++] ?? 0 };
    const { state, events } = await run(plan, toyStart(plan), services);
    expect(state.validations).toEqual([0, 25, 50, 60].map((step, i) => ({ step, score: scores[i] })));
    expect(state.best).toMatchObject({ step: 25, score: 0.7 });
    const then = events.find(({ kind, state: at }) => kind === 'step' && at.step === 25);
    expect(state.best?.variables).toBe(then?.state.variables);
  });

  it('TRN5 a frozen threshold does not move any more, whoever froze it, and moves again when it is released', async () => {
    const plan = toyPlan({ freezeStart: 1000, steps: 40 });
    const [name = ''] = THRESHOLDS;
    const begun = await run(plan, toyStart(plan), toyServices(), 12);
    const frozen = await run(plan, withFrozen(begun.state, name), toyServices(), 10);
    expect(thresholdOf(frozen.state, name)).toBe(thresholdOf(begun.state, name));
    expect(thresholdOf(frozen.state, THRESHOLDS[1] ?? '')).not.toBe(thresholdOf(begun.state, THRESHOLDS[1] ?? ''));
    const free = await run(plan, withReleased(frozen.state, name), toyServices(), 3);
    expect(thresholdOf(free.state, name)).not.toBe(thresholdOf(begun.state, name));
  });

  it('TRN5 the step is told which thresholds are frozen', async () => {
    const plan = toyPlan();
    const seen: StepRequest[] = [];
    const { state } = await run(plan, toyStart(plan), toyServices(seen));
    expect(seen.at(-1)?.frozen).toEqual(state.freezing.frozen);
    expect(seen[0]?.frozen).toEqual([]);
  });

  it('TRN9 a threshold that a person set starts its optimizer anew', async () => {
    const plan = toyPlan();
    const [name = ''] = THRESHOLDS;
    const { state } = await run(plan, toyStart(plan), toyServices(), 5);
    const set = withThreshold(state, name, 2.5);
    expect([thresholdOf(set, name), set.thresholds.moments.has(name)]).toEqual([2.5, false]);
    expect(thresholdOf(state, name)).not.toBe(2.5);
  });

  it('TRN4 weights follow regularization too, thresholds do not', async () => {
    const plan = toyPlan({ steps: 1 });
    const plain = toyServices();
    const without = {
      ...plain,
      step: async (request: StepRequest) => ({ ...(await plain.step(request)), regularizationGradients: new Map() }),
    };
    const strong = {
      ...plain,
      step: async (request: StepRequest) => ({
        ...(await plain.step(request)),
        regularizationGradients: new Map([...THRESHOLDS, 'w'].map((name) => [name, Float32Array.of(9, 9)])),
      }),
    };
    const [a, b] = [(await run(plan, toyStart(plan), without)).state, (await run(plan, toyStart(plan), strong)).state];
    expect(b.variables.get('w')).not.toEqual(a.variables.get('w'));
    for (const name of [...THRESHOLDS, 'b']) expect(b.variables.get(name)).toEqual(a.variables.get(name));
  });

  it('TRN10 a loss that is no number ends the run', async () => {
    const plan = toyPlan();
    const plain = toyServices();
    const services = { ...plain, step: async (request: StepRequest) => ({ ...(await plain.step(request)), loss: Number.NaN }) };
    await expect(run(plan, toyStart(plan), services)).rejects.toMatchObject({ code: 'training-diverged' });
  });
});

describe('a stored run', () => {
  const plan = toyPlan();

  it('TRN8 damaged, cut off or of another version is refused', async () => {
    const bytes = serializeTraining(plan, (await run(plan, toyStart(plan), toyServices(), 30)).state);
    const refusal = (changed: Uint8Array) => {
      try {
        parseTraining(changed, 'run');
      } catch (error) {
        return error instanceof GraffitistError ? error.code : String(error);
      }
      return 'read';
    };
    expect(refusal(bytes)).toBe('read');
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      expect(refusal(changed)).toBe('training-state');
    }
    for (let length = 0; length < bytes.length; length += 5) expect(refusal(bytes.slice(0, length))).toBe('training-state');
    expect(() => parseTraining(bytes.with(7, 9), 'run')).toThrow(/version 9/);
  });

  it('TRN8 is not gone on with under other options', async () => {
    const stored = parseTraining(serializeTraining(plan, toyStart(plan)), 'run');
    expect(() => resumedState(toyPlan({ seed: 6, batchSize: 4 }), stored, 'run')).toThrow(/option seed, option batchSize/);
    expect(() => resumedState({ ...plan, images: 51, weights: ['w'] }, stored, 'run')).toThrow(/number of images, weights/);
  });
});
