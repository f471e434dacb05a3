import { type CalibrationData, dataFor } from '../calibrate/feeds.ts';
import type { Graph } from '../graph/graph.ts';
import type { FeedSummary, GraphInterface } from '../protocol.ts';

/** CAL10: which of the arrays `given` each listed input would be fed; the only one takes the last, or the one of its name. */
export function feedSummaries(graph: Graph, { inputs }: Pick<GraphInterface, 'inputs'>, given: readonly CalibrationData[]): FeedSummary[] {
  const fed = inputs.filter((name) => graph.find(name)?.op === 'Placeholder');
  const fallback = fed.length === 1 ? given.at(-1) : undefined;
  return fed.map((input) => {
    const data = dataFor(input, given) ?? fallback;
    const [count = 0, ...shape] = data?.npy.shape ?? [];
    return { input, array: data?.source.name ?? null, count, shape };
  });
}
