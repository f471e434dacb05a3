import { describe, expect, it } from 'vitest';
import { readBits, withBits } from '../../../src/pipeline/bitsList.ts';
import type { Ran } from '../../../src/pipeline/stepState.ts';
import { grown, USUAL_FORM } from '../../../src/state/training.ts';
import { trainingFaults } from '../../../src/training/faults.ts';
import { lastPlace, lossColumns, rateColumns, scoreColumns, thresholdColumns } from '../../../src/training/series.ts';
import { commonScope, shortName } from '../../../src/training/shortName.ts';
import { deviationOf, histogramOf, rowsOfRun, sortedRows } from '../../../src/training/thresholdRows.ts';
import { boxTints, movedThresholds } from '../../../src/training/tints.ts';
import { heldOut, trainedStage, trainRequest } from '../../../src/training/trainRequest.ts';
import { validationRequest } from '../../../src/training/validationRequest.ts';
import { movementText, outcomeText, paceText, signed } from '../../../src/training/words.ts';
import type {
  DataSummary,
  PipelineStep,
  Rate,
  RecipeInfo,
  RunRequest,
  SceneNode,
  StageInfo,
  TrainingRecord,
  TrainingView,
  TrainReport,
} from '../../../worker/protocol.ts';
import { trainingOptions } from '../../../worker/train/options.ts';
import { trainingSteps } from '../../../worker/zoo/trainingRoad.ts';

const record = (step: number, ...thresholds: number[]): TrainingRecord => ({
  step,
  loss: 4 / step,
  regularization: 0,
  weightRate: 1e-5,
  thresholdRate: 0,
  thresholds: Float32Array.from(thresholds),
  ms: 10,
});

function view(records: readonly TrainingRecord[], change: Partial<TrainingView> = {}): TrainingView {
  return {
    state: 'running',
    setup: {
      options: trainingOptions(),
      steps: 8,
      microBatches: 4,
      images: { training: 80, validation: 20 },
      weights: { variables: 2, parameters: 100 },
      thresholds: [
        { variable: 'a/t', quantizers: ['a'], bits: 8, signed: true, start: 1.5 },
        { variable: 'b/t', quantizers: ['b', 'c'], bits: 16, signed: true, start: -0.25 },
      ],
      score: 'top1',
      floatScore: 0.75,
      suggestions: [],
      backend: 'wasm',
    },
    step: records.at(-1)?.step ?? 0,
    records,
    thresholds: records.at(-1)?.thresholds ?? Float32Array.of(1.5, -0.25),
    validations: [{ step: 0, score: 0.25 }],
    best: null,
    frozen: [],
    bits: {},
    msPerStep: 10,
    storedAt: null,
    warnings: [],
    ...change,
  };
}

describe('a run as it grows', () => {
  it('TPG1: records that come follow those that are there, and none comes twice', () => {
    const first = view([record(1, 1.5, 0), record(2, 1.6, 0)]);
    const next = grown(first, view([record(2, 1.6, 0), record(3, 1.7, 0)]));
    expect(next.records.map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(grown(next, view([], { step: 3, state: 'paused' })).records).toHaveLength(3);
    expect(grown(next, view([record(1, 0, 0)])).records, 'another run').toHaveLength(1);
  });

  it('TPG1: a long run is thinned evenly and keeps its end', () => {
    const many = Array.from({ length: 2000 }, (_, index) => record(index + 1, 0, 0));
    const { records } = grown(view(many), view([record(2001, 0, 0)]));
    expect(records.length).toBe(1001);
    expect(records.slice(0, 2).map(({ step }) => step)).toEqual([2, 4]);
    expect(records.at(-1)?.step).toBe(2001);
  });
});

describe('thresholds', () => {
  it('TPG2: d is the change of ceil(log2 t)', () => {
    expect(deviationOf(1.5, 1.99)).toBe(0);
    expect(deviationOf(1.5, 2.01)).toBe(1);
    expect(deviationOf(1.5, 1)).toBe(-1);
    expect(Object.is(deviationOf(-0.25, -0.75), 0), 'not −0').toBe(true);
    const run = view([record(1, 2.25, -1.25)], { frozen: [{ variable: 'b/t', step: 1 }], bits: { c: -4 } });
    expect(rowsOfRun(run)).toEqual([
      { variable: 'a/t', quantizers: ['a'], bits: 8, signed: true, start: 1.5, now: 2.25, deviation: 1, frozenAt: null },
      { variable: 'b/t', quantizers: ['b', 'c'], bits: 4, signed: true, start: -0.25, now: -1.25, deviation: -1, frozenAt: 1 },
    ]);
  });

  it('TPG2: sorted by how far they moved, by d, by name; the unfrozen behind the frozen', () => {
    const rows = rowsOfRun(view([record(1, 1.75, -1.25)], { frozen: [{ variable: 'b/t', step: 1 }] }));
    expect(sortedRows(rows, { column: 'movement', descending: true })).toEqual([1, 0]);
    expect(sortedRows(rows, { column: 'deviation', descending: true })).toEqual([0, 1]);
    expect(sortedRows(rows, { column: 'name', descending: true })).toEqual([1, 0]);
    expect(sortedRows(rows, { column: 'frozen', descending: false })).toEqual([1, 0]);
    expect(histogramOf(rows)).toEqual(
      [-2, -1, 0, 1, 2].map((deviation) => ({ deviation, count: deviation === 0 || deviation === -1 ? 1 : 0 })),
    );
  });

  it('TPG3: a box has the tint of the threshold on it that moved furthest', () => {
    const tag = (quantizer: string) => ({ quantizer, bits: 8, signed: true, exponent: -7, group: null });
    const box = (id: string, change: Partial<SceneNode>): SceneNode =>
      ({ id, tag: null, chips: [], members: [id], ...change }) as SceneNode;
    const nodes = [
      box('conv', { chips: [{ text: 'W', tag: tag('a') }], tag: tag('b') }),
      box('group:unit', { members: ['b/node'] }),
      box('pool', {}),
    ];
    const rows = [
      { name: 'a', node: 'a/node', threshold: 'a/t' },
      { name: 'b', node: 'b/node', threshold: 'b/t' },
    ];
    const moved = movedThresholds([
      { variable: 'a/t', deviation: 1 },
      { variable: 'b/t', deviation: -2 },
      { variable: 'd/t', deviation: 0 },
    ]);
    expect(Object.fromEntries(boxTints({ nodes }, rows, new Map(moved)))).toEqual({ conv: -2, 'group:unit': -2 });
  });
});

describe('charts', () => {
  it('TPG4: the loss with a mean that starts at it', () => {
    const [steps, loss, mean] = lossColumns([record(1), record(2), record(4)]);
    expect(steps).toEqual([1, 2, 4]);
    expect(loss).toEqual([4, 2, 1]);
    expect(mean?.[0]).toBe(4);
  });

  it('TPG4: validations over the whole run beside the float network, in percent', () => {
    expect(scoreColumns(view([], { validations: [{ step: 4, score: 0.5 }] }))).toEqual([
      [0, 4, 8],
      [null, 50, null],
      [75, 75, 75],
    ]);
    expect(rateColumns([record(1)])[2], 'a rate of 0 has no place on a log axis').toEqual([null]);
  });

  it('TPG4: the line of a threshold ends where it was frozen', () => {
    const run = view([record(1, 1.6, 0), record(2, 1.7, 0), record(3, 1.7, 1)], { frozen: [{ variable: 'a/t', step: 2 }] });
    const [steps, frozen, free] = thresholdColumns(run);
    expect(steps).toEqual([0, 1, 2, 3]);
    expect(frozen).toEqual([1.5, Math.fround(1.6), Math.fround(1.7), null]);
    expect(free).toEqual([-0.25, 0, 0, 1]);
    expect(lastPlace(frozen ?? [])).toBe(2);
  });
});

const interfaceOf = { inputs: ['input'], outputs: ['out'], shape: [8, 8, 3] } as const;
const step = (transform: string, options: PipelineStep['options'] = {}): PipelineStep => ({
  id: transform,
  transform,
  options,
  bypassed: false,
});
const recipe3a: RecipeInfo = {
  name: 'train-int8',
  title: '',
  steps: [
    step('fix_input_shape'),
    step('fold_batch_norms', { is_training: true }),
    step('preprocess_layers'),
    step('quantize', { is_training: true }),
  ],
};

describe('what is missing before a run', () => {
  const request = (...steps: PipelineStep[]): RunRequest => ({ interface: interfaceOf, steps });
  const ran = (of: RunRequest, calibrated: boolean): Ran => ({
    request: of,
    report: {
      ms: 1,
      steps: of.steps.map(({ id, transform }) => ({
        id,
        transform,
        state: 'done',
        nodesBefore: 1,
        nodesAfter: 1,
        changes: [],
        skipped: [],
        warnings: [],
        ms: 1,
        ...(calibrated && transform === 'quantize' ? { calibration: {} as never } : {}),
      })),
    },
  });
  const asked = (mode: 'tqt' | 'float', targets: 'labels' | 'distillation') => ({ mode, targets, validates: 'held-out' }) as const;
  const base = { form: 'training', faulty: false, data: { labels: null }, training: asked('tqt', 'labels'), validationSet: false } as const;
  const whole = request(...recipe3a.steps);

  it('TPG5: pipeline, run, calibration, images and labels, in the order in which they are mended', () => {
    expect(trainingFaults({ ...base, request: request(), ran: null, data: null })).toEqual(['not-training', 'no-data']);
    expect(trainingFaults({ ...base, request: request(step('quantize')), ran: null })).toEqual(['not-training', 'no-labels']);
    expect(trainingFaults({ ...base, request: whole, ran: null })).toEqual(['not-run', 'no-labels']);
    expect(trainingFaults({ ...base, request: whole, ran: ran(whole, false), faulty: true })).toEqual(['pipeline-faults', 'no-labels']);
    expect(trainingFaults({ ...base, request: whole, ran: ran(whole, false) })).toEqual(['not-calibrated', 'no-labels']);
    const distilled = { ...base, training: asked('tqt', 'distillation') } as const;
    expect(trainingFaults({ ...distilled, request: whole, ran: ran(whole, true) })).toEqual([]);
    const ownSet = { ...distilled, training: { ...asked('tqt', 'distillation'), validates: 'set' } } as const;
    expect(trainingFaults({ ...ownSet, request: whole, ran: ran(whole, true) })).toEqual(['no-validation']);
    expect(trainingFaults({ ...ownSet, request: whole, ran: ran(whole, true), validationSet: true })).toEqual([]);
    expect(trainingFaults({ ...base, form: 'quantized', request: request(), ran: null })).toEqual(['quantized']);
  });

  it('TPG5: what was edited since has to run again; float weights want no quantizers', () => {
    const edited = request(
      ...recipe3a.steps.map((each) =>
        each.transform === 'quantize' ? { ...each, options: { is_training: true, weight_bits: -4 } } : each,
      ),
    );
    expect(trainingFaults({ ...base, request: edited, ran: ran(whole, true) })).toContain('not-run');
    const float = { ...base, training: asked('float', 'labels'), data: { labels: {} as never } } as const;
    expect(trainingFaults({ ...float, request: whole, ran: ran(whole, true) })).toEqual(['not-float']);
    const folded = request(...recipe3a.steps.slice(0, 3));
    expect(trainingFaults({ ...float, request: folded, ran: ran(folded, false) })).toEqual([]);
  });

  it('TPG6: recipe 3a for a training graph, thawed before it for others; bits and lists stay, what belongs to inference goes', () => {
    const before = [
      step('equalize_layers'),
      step('quantize', { weight_bits: -4, first_layer: 'conv', calibrate_quant_layers: false, bit_accurate: true }),
    ];
    const names = (form: 'training' | 'evaluation') => trainingSteps(form, recipe3a, before).map(({ transform }) => transform);
    const own = ['fix_input_shape', 'fold_batch_norms', 'preprocess_layers', 'equalize_layers', 'quantize'];
    expect(names('training')).toEqual(own);
    expect(names('evaluation')).toEqual(['thaw_graph', ...own]);
    expect(trainingSteps('evaluation', recipe3a, before).find(({ transform }) => transform === 'fold_batch_norms')?.options).toEqual({});
    expect(trainingSteps('training', recipe3a, before).at(-1)?.options).toEqual({
      is_training: true,
      weight_bits: -4,
      first_layer: 'conv',
    });
  });
});

describe('what is asked', () => {
  it('TPG8: a fifth of the images is held out, a thousand at most, and one stays to train on', () => {
    expect([100, 8, 50_000, 2].map((count) => heldOut({ validation: null }, count))).toEqual([20, 2, 1000, 1]);
    expect(heldOut({ validation: 500 }, 100)).toBe(99);
  });

  it('TPG8: the stage before what training made; what is left to the preset is not said', () => {
    const stages = ['graph', 'quantize', 'retrained'].map(
      (title, stage): StageInfo => ({ stage, title, step: null, changes: 0, nodeCount: 1, fixedBatchNorms: stage === 1 ? 3 : 0 }),
    );
    expect(trainedStage(stages)).toBe(1);
    expect(
      trainRequest({ ...USUAL_FORM, steps: null, thresholdRate: 0.02 }, { count: 100, images: { name: 'unit' } }, null, stages),
    ).toEqual({
      stage: 1,
      preset: 'short',
      images: { name: 'unit' },
      options: { mode: 'tqt', targets: 'labels', batchSize: 24, seed: 0, thresholdRate: 0.02 },
      validation: { kind: 'held-out', images: 20 },
    });
  });

  it('TPG8: statistics are measured anew where the stage has some that can be, and nowhere else', () => {
    const stages = (fixedBatchNorms: number): StageInfo[] => [
      { stage: 0, title: 'quantize', step: null, changes: 0, nodeCount: 1, fixedBatchNorms },
    ];
    const asked = (fixedBatchNorms: number) =>
      trainRequest({ ...USUAL_FORM, reestimateStatistics: true }, { count: 100, images: { name: 'unit' } }, null, stages(fixedBatchNorms))
        .options.reestimateStatistics;
    expect([asked(2), asked(0)]).toEqual([true, undefined]);
  });
});

describe('a set of its own for validation', () => {
  const file = (name: string) => ({ name, blob: new Blob() });

  it('TPG11: it is labelled as the open set is, by a table only where one came with it', () => {
    const images = [file('val.npz')];
    expect(validationRequest(images, {})).toEqual({ files: images });
    const counted = { labels: { kind: 'carried' }, labelOffset: -1 } as const;
    expect(validationRequest(images, counted)).toEqual({ files: images, ...counted });
    const table = { labels: { kind: 'csv', file: 'train.csv' } } as const;
    expect(validationRequest(images, table)).toEqual({ files: images });
    const both = [...images, file('val.csv')];
    expect(validationRequest(both, table)).toEqual({ files: both, labels: { kind: 'csv', file: 'val.csv' } });
  });

  it('TPG11: nothing is held out then', () => {
    const request = { files: [file('val.npz')] };
    const set = { request, summary: {} as DataSummary };
    const images = { count: 100, images: { name: 'unit' } } as const;
    const asked = (validates: 'held-out' | 'set') => trainRequest({ ...USUAL_FORM, validates }, images, set, []).validation;
    expect(asked('set')).toEqual({ kind: 'data', data: request });
    expect(asked('held-out')).toEqual({ kind: 'held-out', images: 20 });
  });
});

describe('words', () => {
  it('TPG9: how a run ended, its pace and its movements', () => {
    const rate = (value: number): Rate => ({ hits: 0, of: 100, value, low: 0, high: 1 });
    const report = {
      steps: 200,
      bestStep: 180,
      score: 'top1',
      accuracy: { float: rate(0.8), calibrated: rate(0.1), retrained: rate(0.79) },
    } as TrainReport;
    expect(outcomeText({ ended: 'done', report }, null)).toBe('Trained 200 steps: top-1 10.0 % → 79.0 % (float 80.0 %), best at step 180.');
    expect(outcomeText({ ended: 'paused' }, view([record(3, 0, 0)]))).toBe('Training paused at step 3 of 8.');
    expect(paceText(view([record(3, 0, 0)]))).toBe('10 ms a step · 50 ms left');
    expect([signed(2), signed(-2), signed(0), movementText(0.5), movementText(-0.25), movementText(0.0001)]).toEqual([
      ...['+2', '−2', '0', '+0.500', '−0.250', '0.000'],
    ]);
  });
});

describe('names in the list', () => {
  it('TPG2: a quantizer is told by its layer and kind, without the scope that nearly all share', () => {
    const names = ['net/net/a/Mul_fold_weight_quant', 'net/net/b/Relu_act_quant', 'net/net/c/bias_quant', 'input_inp_quant'];
    expect(commonScope(names)).toBe('net/net/');
    const short = (name: string) => shortName(name, 'net/net/');
    expect(names.map((name) => short(name).join(''))).toEqual(['a · weight', 'b · act', 'c · bias', 'input_inp_quant']);
    // Cut is between the parts: the last scope and the kind stay.
    expect(short('net/net/a/Mul_fold_weight_quant')).toEqual(['a', ' · weight']);
    expect(short('net/net/mixed/branch/a/Mul_fold_weight_quant')).toEqual(['mixed/branch', '/a · weight']);
    expect(short('net/head/a/bias_quant')).toEqual(['head', '/a · bias']);
    expect(short('network/a/bias_quant')).toEqual(['network', '/a · bias']);
    expect(commonScope(['a/x', 'b/y'])).toBe('');
  });
});

describe('bits by layer', () => {
  it('TPG10: the list keeps what a person wrote, takes the last word on a quantizer, and lets go of what is taken off', () => {
    const text = 'conv_weight_quant, -8\n*depthwise*, -8\nother, -4\n';
    expect(Object.fromEntries(readBits(text))).toEqual({ conv_weight_quant: -8, '*depthwise*': -8, other: -4 });
    expect(
      withBits(
        text,
        new Map([
          ['conv_weight_quant', -4],
          ['other', null],
          ['new', 8],
        ]),
      ),
    ).toBe('conv_weight_quant, -4\n*depthwise*, -8\nnew, 8\n');
    expect(withBits('', new Map([['a', null]]))).toBe('');
  });
});
