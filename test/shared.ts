import { describe, it } from 'vitest';
import { hasShared, shared } from './sharedFolder.ts';

export { hasShared, shared };

/** Tests that need the reference cases: visibly skipped where they are absent, failing in CI. */
export const describeShared: typeof describe = hasShared
  ? describe
  : process.env.CI
    ? (((name: string) =>
        describe(name, () => it('needs the reference cases beside the checkout', () => expectShared()))) as unknown as typeof describe)
    : (describe.skip as unknown as typeof describe);

function expectShared(): never {
  throw new Error(`The reference cases are missing: ${shared()}`);
}
