import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = path.dirname(fileURLToPath(import.meta.url));
const wanted = process.argv.slice(2);

/** Runs every script here, or those named: `npm run bench -- layout`. */
const scripts = readdirSync(folder)
  .filter((name) => name.endsWith('.ts') && name !== 'main.ts')
  .filter((name) => wanted.length === 0 || wanted.includes(path.basename(name, '.ts')));
for (const script of scripts) {
  console.log(`\n── ${script}`);
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', path.join(folder, script)], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
