import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { differenceText, diffGraphs } from '../../worker/graph/diff.ts';
import type { Graph } from '../../worker/graph/graph.ts';
import { calibrationOrder } from '../../worker/quantize/calibrationOrder.ts';
import { freezeThresholds } from '../../worker/quantize/freezeThresholds.ts';
import { readQuantizers, thresholdVariables } from '../../worker/quantize/readQuantizers.ts';
import { describeShared, hasShared, shared } from '../shared.ts';
import { caseFile, microCases, readArguments, readGraph, runArguments, runMicroCase } from './runCase.ts';

/** Options that later versions bring. */
const LATER = /is_training|layer_merge_list|conv_split_list|left_shift_list|dump_quant_params=True|bit_accurate/;

const json = (...parts: string[]) => JSON.parse(readFileSync(shared(...parts), 'utf8'));

function expectSame(expected: Graph, actual: Graph): void {
  expect(diffGraphs(expected, actual).map(differenceText)).toEqual([]);
  expect(actual.nodes.map(({ name }) => name)).toEqual(expected.nodes.map(({ name }) => name));
}

/** Threshold variables in the order in which a calibration last sets each. */
function variablesInOrder(graph: Graph): string[] {
  const threshold = new Map(readQuantizers(graph).map((quantizer) => [quantizer.node, quantizer.threshold]));
  const order = calibrationOrder(graph).map((node) => threshold.get(node) ?? '');
  return [...new Set(order.reverse())].reverse();
}

const quantized = hasShared
  ? microCases().filter((name) => {
      const expression = caseFile(`cases/micro/${name}`).args.find((word) => word.startsWith('quantize'));
      return expression !== undefined && !LATER.test(expression) && existsSync(shared('cases/micro', name, 'expected.pb'));
    })
  : [];

describeShared('quantized graphs of the original', () => {
  it('QNT2 … QNT19 there are cases', () => expect(quantized.length).toBeGreaterThanOrEqual(45));

  it.each(quantized.filter((name) => caseFile(`cases/micro/${name}`).original === 'ok'))('QNT2 … QNT19 %s', (name) => {
    const { calibration_order, node_counts } = caseFile(`cases/micro/${name}`);
    const expected = readGraph('cases/micro', name, 'expected.pb');
    const { model, nodeCounts } = runMicroCase(name);
    expectSame(expected, model.graph);
    expect(nodeCounts).toEqual(node_counts.slice(0, -1));
    expect(readQuantizers(model.graph)).toEqual(readQuantizers(expected));
    if (calibration_order !== undefined) expect(variablesInOrder(model.graph)).toEqual(calibration_order);
  });
});
