/** Long loops let others have their turn: at least once in 50 ms of work. */
const LONGEST_MS = 40;

/** @returns what a loop awaits between two kernels: it waits for `settle` and gives way where the last pause is long ago */
export function breather(settle: () => Promise<void>): () => Promise<void> | undefined {
  let since = performance.now();
  const pause = async (): Promise<void> => {
    await settle();
    await new Promise((resolve) => setTimeout(resolve, 0));
    since = performance.now();
  };
  return () => (performance.now() - since > LONGEST_MS ? pause() : undefined);
}
