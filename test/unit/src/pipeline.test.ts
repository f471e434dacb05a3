import { beforeEach, describe, expect, it } from 'vitest';
import { bitsText, parseBits } from '../../../src/pipeline/bitsText.ts';
import { faultQuestion } from '../../../src/pipeline/faultText.ts';
import { runningStates, settledStates } from '../../../src/pipeline/stepState.ts';
import {
  EMPTY_REQUEST,
  fillRecipe,
  insertSteps,
  moved,
  moveStep,
  newStep,
  redo,
  removeStep,
  setInterface,
  setOption,
  startRequest,
  toggleBypass,
  undo,
  usePipeline,
} from '../../../src/state/pipeline.ts';
import type { PipelineStep, RunReport, RunRequest, StepReport } from '../../../worker/protocol.ts';

const step = (id: string, transform = id): PipelineStep => ({ id, transform, options: {}, bypassed: false });
const order = (): string =>
  usePipeline
    .getState()
    .request.steps.map((each) => each.transform)
    .join(' ');

describe('pipeline edits', () => {
  beforeEach(() => startRequest(EMPTY_REQUEST));

  it('inserts, moves, bypasses and removes, each one step of undo', () => {
    insertSteps(0, [step('a'), step('c')]);
    insertSteps(1, [step('b')]);
    expect(order()).toBe('a b c');
    moveStep('c', 0);
    expect(order()).toBe('c a b');
    toggleBypass('a');
    removeStep('b');
    expect(order()).toBe('c a');
    undo();
    undo();
    expect(usePipeline.getState().request.steps.every((each) => !each.bypassed)).toBe(true);
    undo();
    expect(order()).toBe('a b c');
    redo();
    expect(order()).toBe('c a b');
  });

  it('a new edit ends what could be redone', () => {
    insertSteps(0, [step('a')]);
    undo();
    insertSteps(0, [step('b')]);
    redo();
    expect(order()).toBe('b');
    expect(usePipeline.getState().future).toEqual([]);
  });

  it('a move to where the card is already is no edit', () => {
    insertSteps(0, [step('a'), step('b')]);
    const { past } = usePipeline.getState();
    moveStep('a', 0);
    moveStep('a', 1);
    expect(usePipeline.getState().past).toBe(past);
    expect(moved([step('a'), step('b'), step('c')], 'a', 3).map((each) => each.id)).toEqual(['b', 'c', 'a']);
  });

  it('options go back to their default by being taken out; the interface is part of undo', () => {
    insertSteps(0, [step('q')]);
    setOption('q', 'weight_bits', -4);
    expect(usePipeline.getState().request.steps[0]?.options).toEqual({ weight_bits: -4 });
    setOption('q', 'weight_bits', undefined);
    expect(usePipeline.getState().request.steps[0]?.options).toEqual({});
    setInterface({ inputs: ['x'] });
    undo();
    expect(usePipeline.getState().request.interface.inputs).toEqual([]);
  });

  it('cards of a recipe get ids of their own', () => {
    const recipe = { name: 'r', title: 'R', steps: [step('1', 'quantize')] };
    fillRecipe(recipe);
    const first = usePipeline.getState().request.steps[0]?.id;
    fillRecipe(recipe);
    expect(usePipeline.getState().request.steps[0]?.id).not.toBe(first);
    expect(newStep('x').id).not.toBe(newStep('x').id);
  });
});

describe('what a card shows', () => {
  const request: RunRequest = { ...EMPTY_REQUEST, steps: [step('a'), step('b'), step('c', 'quantize')] };
  const report = (id: string, state: StepReport['state'] = 'done'): StepReport => ({
    id,
    transform: id,
    state,
    nodesBefore: 1,
    nodesAfter: 1,
    changes: [],
    skipped: [],
    warnings: [],
    ms: 1,
  });
  const whole: RunReport = { steps: [report('a'), report('b'), report('c')], ms: 3 };
  const kinds = (now: RunRequest): string =>
    [...settledStates(now, { request, report: whole }).values()].map((state) => state.kind).join(' ');

  it('is done after a run, and not run before one', () => {
    expect(kinds(request)).toBe('done done done');
    expect([...settledStates(request, null).values()].every((state) => state.kind === 'not-run')).toBe(true);
  });

  it('is not run again from the first edited step on', () => {
    const edited = request.steps.map((each) => (each.id === 'b' ? { ...each, options: { x: 1 } } : each));
    expect(kinds({ ...request, steps: edited })).toBe('done not-run not-run');
    expect(kinds({ ...request, steps: [...request.steps].reverse() })).toBe('not-run not-run not-run');
    expect(kinds({ ...request, interface: { ...request.interface, shape: [1] } })).toBe('not-run not-run not-run');
  });

  it('a bypassed card says so and what follows it is not run', () => {
    const bypassed = request.steps.map((each) => (each.id === 'b' ? { ...each, bypassed: true } : each));
    expect(kinds({ ...request, steps: bypassed })).toBe('done bypassed not-run');
  });

  it('a refused step keeps its reason', () => {
    const refused = { ...report('b', 'refused'), error: { code: 'data-missing', cause: 'none' } as const };
    const state = settledStates(request, { request, report: { steps: [report('a'), refused], ms: 1 } });
    expect(state.get('b')).toMatchObject({ kind: 'refused', error: { code: 'data-missing' } });
    expect(state.get('c')).toEqual({ kind: 'not-run' });
  });

  it('during a run it follows the progress; calibration belongs to quantize', () => {
    const at = (phase: 'rewrite' | 'calibrate', done: number): string =>
      [...runningStates(request, { phase, done, total: 9, etaMs: null, layer: null, bytes: null }).values()]
        .map((state) => state.kind)
        .join(' ');
    expect(at('rewrite', 1)).toBe('passed running waiting');
    expect(at('calibrate', 4)).toBe('passed passed running');
  });
});

describe('words of the pipeline', () => {
  it('bit-widths are read in either notation', () => {
    expect([-8, 8, -16].map(bitsText)).toEqual(['int8', 'uint8', 'int16']);
    expect(['int8', 'uint8', '-8', '8', ' INT4 ', 'int1', '0', '33', 'eight', '8.5'].map(parseBits)).toEqual([
      -8,
      8,
      -8,
      8,
      -4,
      null,
      null,
      null,
      null,
      null,
    ]);
  });

  it('a fault asks what would mend it', () => {
    const fault = { step: 'q', message: 'engine words', insert: ['preprocess_layers'] };
    expect(faultQuestion(fault, 'quantize')).toBe('quantize needs preprocess_layers before it: add it?');
    expect(faultQuestion({ ...fault, insert: ['a', 'b', 'c'] }, 'quantize')).toBe('quantize needs a, b and c before it: add them?');
    expect(faultQuestion({ ...fault, insert: [] }, 'quantize')).toBe('engine words');
  });
});
