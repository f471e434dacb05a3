import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../shared');

/** Whether the folder of reference cases lies beside the checkout. */
export const hasShared = existsSync(root);

/** A path inside the reference cases. */
export function shared(...parts: string[]): string {
  return path.join(root, ...parts);
}
