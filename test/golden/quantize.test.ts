import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { validateGraph } from '../../worker/graph/validate.ts';
import { readQuantizers } from '../../worker/quantize/readQuantizers.ts';
import { describeShared, hasShared, shared } from '../shared.ts';
import { expectSameGraph, thresholdsInOrder } from './quantizedGraphs.ts';
import { caseFile, microCases, readGraph, runMicroCase } from './runCase.ts';

/** Options whose last steps options.test.ts takes. */
const LATER = /conv_split_list|bit_accurate/;

const quantized = hasShared
  ? microCases().filter((name) => {
      const expression = caseFile(`cases/micro/${name}`).args.find((word) => word.startsWith('quantize'));
      return expression !== undefined && !LATER.test(expression);
    })
  : [];
/** Where the original goes wrong without a word and this version does not: test/golden/faults.test.ts says how the graphs differ. */
const MENDED_HERE: readonly string[] = ['concat_relu_linear__q8'];
const completed = quantized.filter(
  (name) =>
    !MENDED_HERE.includes(name) &&
    caseFile(`cases/micro/${name}`).original === 'ok' &&
    existsSync(shared('cases/micro', name, 'expected.pb')),
);

describeShared('micro cases that the original quantizes', () => {
  it('QNT2 … QNT19 there are cases', () => expect(completed.length).toBeGreaterThanOrEqual(45));

  it.each(completed)('QNT2 … QNT19, QNT24, QNT25 %s', (name) => {
    const { calibration_order, node_counts } = caseFile(`cases/micro/${name}`);
    const expected = readGraph('cases/micro', name, 'expected.pb');
    const { model, nodeCounts } = runMicroCase(name);
    expectSameGraph(expected, model.graph);
    expect(nodeCounts).toEqual(node_counts.slice(0, -1));
    expect(readQuantizers(model.graph)).toEqual(readQuantizers(expected));
    if (calibration_order !== undefined) expect(thresholdsInOrder(model.graph)).toEqual(calibration_order);
  });
});

/** Cases that the original crashes on, hangs on or loses the output of, with the quantizers that their graph gets here. */
const MENDED: readonly (readonly [name: string, quantizers: number])[] = [
  ['avgpool_twice_output__q8', 9],
  ['bn_conv_frozen__q8', 9],
  ['bn_matmul_noreshape2__q8', 5],
  ['concat_inner_two_users__q8', 26],
  ['concat_leaky__q8', 23],
  ['concat_leaky_relu__q8', 20],
  ['concat_linear__q8', 19],
  ['concat_pool_only__q8', 11],
  ['concat_relu6__q8', 19],
  ['eltw_leaky_after__q8', 14],
  ['mean_nokeep_fc__q8', 11],
  ['mean_nokeep_out__q8', 7],
  ['resource_vars__q8', 9],
  ['shared_weights__q8', 7],
  ['two_inputs__q8', 11],
  ['unknown_placeholder__q8', 7],
  ['zero_weights__q8', 5],
];

describeShared('micro cases that the original fails on', () => {
  it.each(MENDED)('QNT11, QNT18, QNT20, QNT21 %s', (name, count) => {
    expect(caseFile(`cases/micro/${name}`).original).not.toBe('ok');
    const { model } = runMicroCase(name);
    validateGraph(model.graph);
    expect(model.outputs.filter((output) => !model.graph.has(output))).toEqual([]);
    expect(readQuantizers(model.graph)).toHaveLength(count);
  });

  it('QNT11 the members of every concat of these share one format and one threshold', () => {
    for (const name of ['concat_leaky__q8', 'concat_leaky_relu__q8', 'concat_linear__q8', 'concat_pool_only__q8', 'concat_relu6__q8']) {
      const { graph } = runMicroCase(name).model;
      const quantizers = new Map(readQuantizers(graph).map((quantizer) => [quantizer.node, quantizer]));
      const concats = graph.nodes.filter(({ op }) => op === 'ConcatV2');
      expect(concats.length).toBeGreaterThan(0);
      for (const concat of concats) {
        const members = concat.edges.slice(0, -1).map(({ node }) => quantizers.get(node));
        expect(new Set(members.map((member) => JSON.stringify([member?.bits, member?.signed, member?.threshold]))).size).toBe(1);
      }
    }
  });

  it('QNT22 a conv whose output is scaled before the bias is left in float, and said so', () => {
    const skipped = runMicroCase('bn_unfused_correction__q8').results.at(-1)?.skipped ?? [];
    expect(skipped.map(({ node }) => node)).toContain('net/c1/Conv2D');
  });

  it.each(quantized.filter((name) => name.startsWith('order__') && !completed.includes(name)))(
    'QNT %s ends in a graph or a typed error',
    (name) => {
      const { original, message } = caseFile(`cases/micro/${name}`);
      expect(original).not.toBe('ok');
      if (/requires|cannot be applied|appears to refer/.test(message ?? ''))
        expect(() => runMicroCase(name)).toThrow(expect.objectContaining({ code: expect.any(String) }));
      else validateGraph(runMicroCase(name).model.graph);
    },
  );
});
