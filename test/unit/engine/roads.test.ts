import { describe, expect, it } from 'vitest';
import { type RoadFacts, roadsFor } from '../../../worker/engine/roads.ts';

const FACTS: RoadFacts = {
  accuracy: { float: 0.8, quantized: 0.75 },
  agreement: 0.9,
  classes: 10,
  transforms: new Set(['fix_input_shape', 'quantize']),
  searched: false,
  trained: false,
  variables: true,
  narrowDepthwise: [],
  depthwise: 3,
};
const rules = (facts: Partial<RoadFacts>) => roadsFor({ ...FACTS, ...facts }).map(({ rule }) => rule);

describe('the road that fits', () => {
  it('ROAD1: within a point of float, or 98 % of the answers without labels, nothing is to be done', () => {
    expect(rules({ accuracy: { float: 0.8, quantized: 0.79 } })).toEqual(['ROAD1']);
    expect(rules({ accuracy: { float: 0.8, quantized: 0.85 }, agreement: 0.5 })).toEqual(['ROAD1']);
    expect(rules({ accuracy: null, agreement: 0.98 })).toEqual(['ROAD1']);
    expect(rules({ accuracy: { float: 0.8, quantized: 0.789 } })).not.toContain('ROAD1');
    expect(rules({ accuracy: null, agreement: null })).toEqual([]);
  });

  it('ROAD4, ROAD6: degraded: equalize and correct, then retrain', () => {
    expect(rules({})).toEqual(['ROAD4', 'ROAD6']);
    expect(rules({ accuracy: null, agreement: 0.9 })).toEqual(['ROAD4', 'ROAD6']);
    expect(rules({ transforms: new Set(['equalize_layers', 'correct_biases']) })).toEqual(['ROAD6']);
    const [first] = roadsFor({ ...FACTS, transforms: new Set(['equalize_layers']) });
    expect(first?.change).toEqual({ kind: 'steps', steps: [{ transform: 'correct_biases', options: {} }] });
  });

  it('ROAD3, ROAD5: lost is less than half of what is over guessing; then thresholds are searched too', () => {
    expect(rules({ accuracy: { float: 0.8, quantized: 0.33 } })).toEqual(['ROAD4', 'ROAD5', 'ROAD6']);
    expect(rules({ accuracy: { float: 0.8, quantized: 0.46 } })).toEqual(['ROAD4', 'ROAD6']);
    expect(rules({ accuracy: null, agreement: 0.3 })).toEqual(['ROAD4', 'ROAD5', 'ROAD6']);
    expect(rules({ accuracy: { float: 0.8, quantized: 0.1 }, searched: true })).toEqual(['ROAD4', 'ROAD6']);
    expect(rules({ accuracy: { float: 0.8, quantized: 0.1 }, trained: true })).toEqual(['ROAD4']);
  });

  it('ROAD2: narrow depthwise layers come first, as lines of bits_list', () => {
    const [first] = roadsFor({ ...FACTS, narrowDepthwise: ['a/depthwise', 'b/depthwise'] });
    expect(first).toMatchObject({ rule: 'ROAD2', change: { kind: 'bits', lines: ['a/depthwise, -8', 'b/depthwise, -8'] } });
    expect(rules({ accuracy: { float: 0.8, quantized: 0.8 }, narrowDepthwise: ['a'] })).toEqual(['ROAD1']);
  });

  it('ROAD6: constants are thawed; without labels the float network is the teacher', () => {
    const change = (facts: Partial<RoadFacts>) => roadsFor({ ...FACTS, ...facts }).at(-1)?.change;
    expect(change({})).toEqual({ kind: 'retrain', thaw: false, targets: 'labels' });
    expect(change({ variables: false, accuracy: null, agreement: 0.4 })).toEqual({ kind: 'retrain', thaw: true, targets: 'distillation' });
  });
});
