import { permutation, random } from '../../random.ts';

/** How images are chosen. */
export interface ChoiceRule {
  readonly count: number;
  readonly size: number;
  /** Null: the first ones, in the order in which the data lists them. */
  readonly seed: number | null;
  /** Class of an image, −1 for one that is not to be taken; null: classes do not matter. */
  readonly classOf: ((image: number) => number) | null;
}

/** Images of one class in the order in which they are taken. */
interface Queue {
  readonly images: readonly number[];
  /** How many of them have been asked for. */
  asked: number;
  readonly readable: number[];
}

/** A choice under way: it asks for images until as many as wanted can be read. */
export interface Choice {
  /** Images to read next; empty where the choice is made. */
  wanted(): readonly number[];
  /** Of those asked for, in that order, the ones that could be read. */
  read(images: readonly number[]): void;
  /** CSET2: the images of the choice, in its order. */
  chosen(): readonly number[];
}

/**
 * CSET1, CSET2: the choice follows from the seed and the data, not from how many images are read at a time. Each round takes one image of
 * every class that has any left, in an order drawn for the round; without classes all are of one. Images of a class come in the order of
 * one permutation of all, and one that cannot be read makes way for the next of its class.
 */
export function choice({ count, size, seed, classOf }: ChoiceRule): Choice {
  const order =
    seed === null ? Uint32Array.from({ length: count }, (_, image) => image) : permutation(count, random(seed, 'calibration set'));
  const queues = queuesOf(order, classOf);
  const asking = new Map<number, Queue>();
  return {
    wanted() {
      asking.clear();
      const quota = new Map<Queue, number>();
      for (const queue of rounds(queues, size, seed)) quota.set(queue, (quota.get(queue) ?? 0) + 1);
      for (const [queue, wanted] of quota) {
        const more = queue.images.slice(queue.asked, queue.asked + wanted - queue.readable.length);
        queue.asked += more.length;
        for (const image of more) asking.set(image, queue);
      }
      return [...asking.keys()];
    },
    read(images) {
      for (const image of images) asking.get(image)?.readable.push(image);
    },
    chosen() {
      const taken = new Map<Queue, number>();
      const found: number[] = [];
      for (const queue of rounds(queues, size, seed)) {
        const at = taken.get(queue) ?? 0;
        taken.set(queue, at + 1);
        found.push(queue.readable[at] as number);
      }
      return found;
    },
  };
}

/** How many images a class would give if all that were not read yet could be. */
function available({ images, asked, readable }: Queue): number {
  return readable.length + images.length - asked;
}

function queuesOf(order: Uint32Array, classOf: ChoiceRule['classOf']): Queue[] {
  const images = new Map<number, number[]>();
  for (const image of order) {
    const label = classOf?.(image) ?? 0;
    if (label < 0) continue;
    const list = images.get(label);
    if (list === undefined) images.set(label, [image]);
    else list.push(image);
  }
  const sorted = [...images].sort(([a], [b]) => a - b);
  return sorted.map(([, list]) => ({ images: list, asked: 0, readable: [] }));
}

/**
 * Which class each place of the choice takes its image from. The order of a round is drawn over all classes, so that it does not depend on
 * which of them have images left.
 */
function* rounds(queues: readonly Queue[], size: number, seed: number | null): Generator<Queue> {
  for (let [round, given] = [0, 0]; queues.some((queue) => available(queue) > round); round++) {
    const order = seed === null ? queues.keys() : permutation(queues.length, random(seed, 'calibration set', round));
    for (const at of order) {
      const queue = queues[at] as Queue;
      if (available(queue) <= round) continue;
      if (given++ === size) return;
      yield queue;
    }
  }
}
