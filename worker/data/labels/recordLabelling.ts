import { GraffitistError } from '../../errors.ts';
import type { DataRequest, LabelRule } from '../../protocol.ts';
import type { Source } from '../sources/source.ts';
import { type Labelling, NONE, shifted } from './labelling.ts';
import { type NetworkFacts, wnidOrderOf } from './network.ts';
import { autoOffset, checkRange, type FoundLabels } from './offset.ts';
import { type RecordLabels, type RecordSample, sampleRecords } from './recordLabels.ts';
import { otherOrder } from './warnings.ts';
import { wnidsInOrder } from './wnid.ts';

type RecordRule = Extract<LabelRule, { readonly kind: 'carried' } | { readonly kind: 'wnid' }>;

/** LBL9: labels of records are known when they are read; some are looked at now. @throws GraffitistError `label-missing`, `label-invalid` */
export async function recordLabelling(
  source: Source,
  rule: RecordRule | { readonly kind: 'auto' },
  { labelOffset }: Pick<DataRequest, 'labelOffset'>,
  network: NetworkFacts,
): Promise<Labelling> {
  const sample = await sampleRecords(source);
  const chosen = rule.kind === 'auto' ? automatic(sample, network) : rule;
  const found = sample.found(chosen);
  if (found.range === null) {
    if (rule.kind === 'auto') return NONE;
    const key = chosen.kind === 'wnid' ? 'image/class/synset' : 'image/class/label';
    throw new GraffitistError('label-missing', `The records hold no labels (${key}).`, {
      about: source.title,
      remedy: 'Open them without labels.',
    });
  }
  const offset = typeof labelOffset === 'number' ? labelOffset : autoOffset(found, network.outputs);
  checkRange(found, offset, network.outputs);
  return labelling(chosen, found, offset, network);
}

/** The numbers that records carry; darknet's network needs its own order. */
function automatic(sample: RecordSample, network: NetworkFacts): RecordRule {
  const wnid = { kind: 'wnid', order: wnidOrderOf(network) } as const;
  return wnid.order === 'darknet' && sample.found(wnid).range !== null ? wnid : { kind: 'carried' };
}

function labelling(rule: RecordRule, found: FoundLabels, offset: number, network: NetworkFacts): Labelling {
  const records: RecordLabels = { by: rule.kind === 'wnid' ? rule.order : 'number', offset, classes: network.outputs };
  return {
    ...NONE,
    rule,
    offset,
    records,
    classNames: rule.kind === 'wnid' ? shifted(wnidsInOrder(rule.order), offset) : [],
    warnings: otherOrder(found, network),
  };
}
