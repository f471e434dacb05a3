import { expect } from 'vitest';
import { differenceText, diffGraphs } from '../../worker/graph/diff.ts';
import type { Graph } from '../../worker/graph/graph.ts';
import { calibrationOrder } from '../../worker/quantize/calibrationOrder.ts';
import { readQuantizers } from '../../worker/quantize/readQuantizers.ts';

/** Node for node, and in the same order. */
export function expectSameGraph(expected: Graph, actual: Graph): void {
  expect(diffGraphs(expected, actual).map(differenceText)).toEqual([]);
  expect(actual.nodes.map(({ name }) => name)).toEqual(expected.nodes.map(({ name }) => name));
}

/** Thresholds in the order in which a calibration sets each for the last time. */
export function thresholdsInOrder(graph: Graph): string[] {
  const threshold = new Map(readQuantizers(graph).map((quantizer) => [quantizer.node, quantizer.threshold]));
  const order = calibrationOrder(graph).map((node) => threshold.get(node) ?? '');
  return [...new Set(order.reverse())].reverse();
}
