import { GraffitistError } from '../errors.ts';

/** Work between two breaths; rule 4 of the design allows 50 ms. */
const WORK_MS = 24;

/**
 * Lets a long computation give way. Loops call `due()` now and then, which is cheap, and `await rest()` when it says so:
 * messages are then answered and a cancelled job ends.
 */
export interface Breather {
  due(): boolean;
  /** @throws GraffitistError `cancelled` */
  rest(): Promise<void>;
}

/** A breather that also watches `signal`. */
export function breather(signal?: AbortSignal): Breather {
  let since = performance.now();
  return {
    due: () => performance.now() - since > WORK_MS,
    rest: async () => {
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (signal?.aborted) throw new GraffitistError('cancelled', 'The picture was no longer wanted.');
      since = performance.now();
    },
  };
}

/** Items between two looks at the clock. */
const STRIDE = 64;

/** Does `work` for each item, giving way where it takes long. A set may grow meanwhile: its new items are worked on too. */
export async function paced<T>(items: Iterable<T>, breath: Breather, work: (item: T, index: number) => void): Promise<void> {
  let index = 0;
  for (const item of items) {
    work(item, index++);
    if (index % STRIDE === 0 && breath.due()) await breath.rest();
  }
}
