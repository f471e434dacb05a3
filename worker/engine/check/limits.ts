/** CHK4: multiplications that a look at the network may take: some seconds on the wasm backend. */
const MULTIPLICATIONS = 60e9;
/** Bytes of images that are made at once. */
const BYTES = 128 * 2 ** 20;
/** Below so many images nothing can be told. */
export const FEWEST = 8;

/** How many of `images` may be computed in so many readings; 0: too few to say anything. */
export function affordable(images: number, readings: number, multiplications: number, imageBytes: number): number {
  const most = Math.min(MULTIPLICATIONS / Math.max(1, multiplications), BYTES / imageBytes) / Math.max(1, readings);
  const count = Math.min(images, Math.floor(most));
  return count < FEWEST ? 0 : count;
}
