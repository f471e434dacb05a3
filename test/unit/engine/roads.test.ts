import { describe, expect, it } from 'vitest';
import { evaluationText } from '../../../cli/validateText.ts';
import { type RoadFacts, roadsFor } from '../../../worker/engine/roads.ts';
import type { DataSummary, Evaluation } from '../../../worker/protocol.ts';

const FROZEN: RoadFacts = {
  accuracy: { float: 0.8, quantized: 0.1 },
  agreement: 0.1,
  classes: 10,
  transforms: new Set(['fold_batch_norms', 'quantize']),
  searched: false,
  trained: false,
  variables: false,
  narrowDepthwise: [],
  depthwise: 7,
};

const rules = (facts: Partial<RoadFacts>) => roadsFor({ ...FROZEN, ...facts }).map(({ rule }) => rule);

describe('the road that fits', () => {
  it('ROAD1: within a point of float, or 98 % of the answers without labels, nothing is to be done', () => {
    expect(rules({ accuracy: { float: 0.8, quantized: 0.79 } })).toEqual(['ROAD1']);
    expect(rules({ accuracy: { float: 0.8, quantized: 0.85 } })).toEqual(['ROAD1']);
    expect(rules({ accuracy: null, agreement: 0.98 })).toEqual(['ROAD1']);
    expect(rules({ accuracy: null, agreement: null })).toEqual([]);
  });

  it('ROAD3 … ROAD6: degraded, layers are equalized or the network is retrained; lost, thresholds are searched too', () => {
    expect(rules({ accuracy: { float: 0.8, quantized: 0.7 } })).toEqual(['ROAD4', 'ROAD6']);
    expect(rules({})).toEqual(['ROAD4', 'ROAD5', 'ROAD6']);
    expect(rules({ transforms: new Set(['equalize_layers', 'correct_biases']), searched: true })).toEqual(['ROAD6']);
    expect(rules({ accuracy: null, agreement: 0.3 })).toEqual(['ROAD4', 'ROAD5', 'ROAD6']);
    expect(rules({ trained: true })).toEqual(['ROAD4']);
  });

  it('ROAD2: depthwise layers below 8 bits come first', () => {
    const [first] = roadsFor({ ...FROZEN, narrowDepthwise: ['a/depthwise', 'b/depthwise'] });
    expect(first).toMatchObject({ rule: 'ROAD2', change: { kind: 'bits', lines: ['a/depthwise, -8', 'b/depthwise, -8'] } });
  });

  it('ROAD6: constants are thawed; without labels the float network is the teacher', () => {
    const last = (facts: Partial<RoadFacts>) => roadsFor({ ...FROZEN, ...facts }).at(-1)?.change;
    expect(last({})).toEqual({ kind: 'retrain', thaw: true, targets: 'labels' });
    expect(last({ variables: true, accuracy: null, agreement: 0 })).toEqual({ kind: 'retrain', thaw: false, targets: 'distillation' });
  });

  it('ROAD1 … ROAD6: the command line says them with what to write', () => {
    const evaluation = {
      ...{ images: 1, networks: [], comparison: null, leftOut: { count: 0, first: [] }, classNames: [], ms: 1, backend: 'wasm' },
      suggestions: roadsFor({ ...FROZEN, narrowDepthwise: ['a/depthwise'] }),
    };
    const text = evaluationText(evaluation as unknown as Evaluation, { title: 'images' } as DataSummary);
    for (const part of [
      'in bits.txt: a/depthwise, -8',
      "before quantize: 'equalize_layers' 'correct_biases'",
      "'quantize(weight_search=kl)'",
      'graffitize train --targets labels',
    ]) {
      expect(text).toContain(part);
    }
  });
});
