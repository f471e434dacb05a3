import type { DataWarning, LeftOut } from '../../protocol.ts';
import { counted } from '../counted.ts';
import type { Source } from '../sources/source.ts';
import { type NetworkFacts, wnidOrderOf } from './network.ts';
import type { FoundLabels } from './offset.ts';

/** LBL2: where a table that may hold labels lies beside images that have none, that is said. */
export function tablesBeside({ texts }: Source): DataWarning[] {
  const [first] = texts.filter(({ path }) => /\.(csv|tsv)$|label|ground_?truth|synset|(^|\/)val\.txt$/i.test(path));
  if (first === undefined) return [];
  return [{ rule: 'LBL2', text: `The images have no labels; '${first.path}' may hold them.`, remedy: 'Choose it as the table of labels.' }];
}

/** LBL3: names are numbered in sorted order, which is the network's order only where all of them are there. */
export function otherCount(what: string, classes: number, { outputs }: NetworkFacts): DataWarning[] {
  if (outputs === null || classes === 0 || classes === outputs) return [];
  return [
    {
      rule: 'LBL3',
      text: `There are ${counted(classes, what)} and the network has ${outputs} classes: number k in sorted order is taken as class k.`,
      remedy: 'Add what is missing, or give classes by their numbers.',
    },
  ];
}

/** LBL4: numbers of ImageNet's classes mostly follow the sorted order, which is not that of darknet's network. */
export function otherOrder({ rule, of }: FoundLabels, network: NetworkFacts): DataWarning[] {
  if (wnidOrderOf(network) !== 'darknet' || rule.kind === 'wnid' || of === 1000) return [];
  return [
    {
      rule: 'LBL4',
      text: "Darknet's network counts ImageNet's classes in the challenge's own order; the labels are taken as they are.",
      remedy: 'Give labels as WNIDs (n01440764) if theirs is another order.',
    },
  ];
}

/** LBL8: images without label are left out, and that is said. */
export function withoutLabel(leftOut: readonly LeftOut[], images: number): DataWarning[] {
  if (leftOut.length === 0) return [];
  const names = leftOut.slice(0, 3).map(({ name }) => name);
  return [
    {
      rule: 'LBL8',
      text: `${leftOut.length.toLocaleString('en-US')} of ${counted(images, 'image')} have no label and are left out: ${names.join(', ')}${leftOut.length > 3 ? ' …' : ''}.`,
      remedy: 'Label them, or open the images without labels.',
    },
  ];
}
