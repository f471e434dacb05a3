import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../shared');

/** Whether the folder of reference cases lies beside the checkout. */
export const hasShared = existsSync(root);

/** A path inside the reference cases. */
export function shared(...parts: string[]): string {
  return path.join(root, ...parts);
}

/** Tests that need the reference cases: visibly skipped where they are absent, failing in CI. */
export const describeShared: typeof describe = hasShared
  ? describe
  : process.env['CI']
    ? (((name: string) =>
        describe(name, () => it('needs the reference cases beside the checkout', () => expectShared()))) as unknown as typeof describe)
    : (describe.skip as unknown as typeof describe);

function expectShared(): never {
  throw new Error(`The reference cases are missing: ${root}`);
}
