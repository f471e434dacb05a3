import type { DataWarning } from '../../protocol.ts';
import { counted } from '../counted.ts';

/** CHK3: labels that say nothing about a network because all are of one class. Labels of −1 are none. */
export function labelWarnings(labels: Int32Array, all: boolean): DataWarning[] {
  const known = labels.filter((label) => label >= 0);
  const [first] = known;
  if (first === undefined || known.length < 2 || !known.every((label) => label === first)) return [];
  const which = all ? `All ${counted(known.length, 'image')}` : `All of ${counted(known.length, 'image')} that were looked at`;
  const text = `${which} have the label ${first}: an accuracy on one class says little.`;
  return [{ rule: 'CHK3', text, remedy: 'Give images of several classes, or look whether labels are found as they should be.' }];
}
