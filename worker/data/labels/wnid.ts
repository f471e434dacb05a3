import { DEVKIT_ORDER } from '../imagenet/devkitOrder.ts';
import { WNIDS } from '../imagenet/wnids.ts';

export type WnidOrder = 'imagenet' | 'darknet';

const sorted: ReadonlyMap<number, number> = new Map(WNIDS.map((wnid, index) => [wnid, index]));
/** Places in darknet's order by those in sorted order. */
const devkit: Int32Array = inverse(DEVKIT_ORDER);

/** LBL4: the class of a WNID (`n01440764`); null for one that is none of the thousand. */
export function classOfWnid(wnid: string, order: WnidOrder): number | null {
  const index = sorted.get(Number(wnid.slice(1)));
  if (index === undefined) return null;
  return order === 'imagenet' ? index : (devkit[index] ?? null);
}

/** The class by the challenge's own number (ILSVRC2012_ID, from 1), as in its ground truth file; null for one beyond 1000. */
export function classOfDevkitNumber(id: number, order: WnidOrder): number | null {
  const index = DEVKIT_ORDER[id - 1];
  if (index === undefined) return null;
  return order === 'imagenet' ? index : id - 1;
}

/** The WNIDs by class. */
export function wnidsInOrder(order: WnidOrder): string[] {
  const numbers = order === 'imagenet' ? WNIDS : DEVKIT_ORDER.map((index) => WNIDS[index] ?? 0);
  return numbers.map((number) => `n${String(number).padStart(8, '0')}`);
}

/** The WNID in a path: in the file's name, else in the nearest folder that has one. */
export function wnidIn(path: string): string | null {
  for (const part of path.split('/').reverse()) {
    const found = /(?<![a-z0-9])n\d{8}(?!\d)/.exec(part);
    if (found !== null) return found[0];
  }
  return null;
}

function inverse(order: readonly number[]): Int32Array {
  const places = new Int32Array(order.length);
  order.forEach((index, place) => {
    places[index] = place;
  });
  return places;
}
