import { expect, it } from 'vitest';
import { readQuantizers } from '../../worker/quantize/readQuantizers.ts';
import { describeShared } from '../shared.ts';
import { runMicroCase } from './runCase.ts';

describeShared('micro cases that the original fails on', () => {
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

  it('QNT18, QNT40 names without a common prefix: the shared variable stands in the scope of the first', () => {
    const { model } = runMicroCase('manual_merge_no_common_scope__m');
    const groups = readQuantizers(model.graph).filter(({ group }) => group?.includes('manual_merge') === true);
    expect(groups.map(({ name, threshold }) => [name, threshold])).toEqual([
      ['aa/Relu_act_quant', 'aa/Relu_act_quant/act_quant_manual_merge/m_threshold'],
      ['bb/Relu_act_quant', 'aa/Relu_act_quant/act_quant_manual_merge/m_threshold'],
    ]);
  });
});
