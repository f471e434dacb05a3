import type { LabelRule } from '../../protocol.ts';
import type { Source } from '../sources/source.ts';
import { folderLabels } from './folders.ts';
import { type NetworkFacts, wnidOrderOf } from './network.ts';
import { classOfWnid, wnidIn } from './wnid.ts';

/** LBL2: what the data carries, else class folders, else WNIDs in file names, else nothing. */
export function automaticRule(source: Source, network: NetworkFacts): Exclude<LabelRule, { readonly kind: 'auto' }> {
  if (source.labels !== null) return { kind: 'carried' };
  const paths = Array.from({ length: source.count }, (_, image) => source.pathOf(image));
  const wnid = { kind: 'wnid', order: wnidOrderOf(network) } as const;
  const wnids = paths.filter((path) => classOfWnid(wnidIn(path) ?? '', 'imagenet') !== null).length;
  const isImageNet = wnids > source.count / 2;
  const { folders, labels } = folderLabels(paths);
  const most = labels.reduce<number>((high, label) => Math.max(high, label ?? 0), 0);
  const fits = folders > 1 && (network.outputs === null || folders <= network.outputs || most < network.outputs);
  // Folders of a choice of ImageNet's classes are numbered among the thousand where the network has those.
  if (isImageNet && (!fits || network.outputs === null || network.outputs === 1000 || network.outputs === 1001)) return wnid;
  return fits ? { kind: 'folders' } : { kind: 'none' };
}
