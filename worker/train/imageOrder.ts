import { permutation, random } from '../random.ts';

/**
 * The order in which a run sees its images: every epoch all of them once, in an order of its own that the seed and the epoch's number
 * decide. Batches go over the end of an epoch. Any place can be asked for, so a run that is resumed goes on with the same images.
 *
 * @returns numbers of the images at `from` … `from + size − 1` of the run
 */
export function imageOrder(seed: number, images: number): (from: number, size: number) => Uint32Array {
  let known: { readonly epoch: number; readonly order: Uint32Array } = { epoch: -1, order: new Uint32Array(0) };
  const orderOf = (epoch: number): Uint32Array => {
    if (known.epoch !== epoch) known = { epoch, order: permutation(images, random(seed, 'order', epoch)) };
    return known.order;
  };
  return (from, size) =>
    Uint32Array.from({ length: size }, (_, i) => orderOf(Math.floor((from + i) / images))[(from + i) % images] as number);
}
