import { errorInfo, GraffitistError } from '../../errors.ts';
import type { DataRequest, LabelRule, LeftOut } from '../../protocol.ts';
import type { Source } from '../sources/source.ts';
import { automaticRule } from './automaticRule.ts';
import { type Labelling, NONE, shifted } from './labelling.ts';
import type { NetworkFacts } from './network.ts';
import { autoOffset, checkRange } from './offset.ts';
import { type RawLabels, rawLabels } from './rawLabels.ts';
import { recordLabelling } from './recordLabelling.ts';
import { otherOrder, tablesBeside, withoutLabel } from './warnings.ts';

/** LBL1: labels by the rule that was asked for. @throws GraffitistError `label-missing`, `label-invalid`, `csv-malformed`, `file-missing` */
export async function labelImages(source: Source, request: Omit<DataRequest, 'files'>, network: NetworkFacts): Promise<Labelling> {
  const rule = request.labels ?? { kind: 'auto' };
  const { labelOffset = 'auto' } = request;
  if (labelOffset !== 'auto' && !Number.isInteger(labelOffset))
    throw new GraffitistError('option-invalid', `A label offset of ${labelOffset} is no whole number.`, { about: 'label_offset' });
  if (source.labelsWhenRead && (rule.kind === 'auto' || rule.kind === 'carried' || rule.kind === 'wnid'))
    return recordLabelling(source, rule, request, network);
  const chosen = rule.kind === 'auto' ? automaticRule(source, network) : rule;
  if (chosen.kind === 'none') return { ...NONE, warnings: tablesBeside(source) };
  const raw = await rawLabels(source, chosen, network);
  const offset = typeof request.labelOffset === 'number' ? request.labelOffset : autoOffset(raw.found, network.outputs);
  checkRange(raw.found, offset, network.outputs);
  const labelling = finish(source, chosen, raw, offset);
  return { ...labelling, warnings: [...raw.warnings, ...otherOrder(raw.found, network), ...labelling.warnings] };
}

function finish(source: Source, rule: LabelRule, { labels, classNames, missing }: RawLabels, offset: number): Labelling {
  const leftOut = labels.flatMap((label, image): LeftOut[] =>
    label === null ? [{ name: source.pathOf(image), error: errorInfo(new GraffitistError('label-missing', missing)) }] : [],
  );
  return {
    rule,
    offset,
    labels: Int32Array.from(labels, (label) => (label === null ? -1 : label + offset)),
    records: null,
    classes: new Set(labels.filter((label) => label !== null)).size,
    classNames: shifted(classNames, offset),
    leftOut,
    warnings: withoutLabel(leftOut, labels.length),
  };
}
