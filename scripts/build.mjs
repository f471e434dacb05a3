// Builds the page or the command line where its sources are newer than the last build.
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { mustRun, root } from './install.mjs';

const targets = {
  page: { sources: ['src', 'worker', 'public', 'index.html', 'vite.config.ts', 'package-lock.json'], config: 'vite.config.ts' },
  cli: { sources: ['cli', 'worker', 'vite.cli.config.ts', 'package-lock.json'], config: 'vite.cli.config.ts' },
};

/** Newest change under a file or folder, in ms. */
function newest(entry) {
  if (!existsSync(entry)) return 0;
  const stat = statSync(entry);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(entry).map((name) => newest(path.join(entry, name))));
}

/** @param {'page' | 'cli'} name */
export function ensureBuilt(name, { quiet = false } = {}) {
  const { sources, config } = targets[name];
  const stamp = path.join(root, 'dist', `.${name}-built`);
  const changed = Math.max(...sources.map((source) => newest(path.join(root, source))));
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= changed) return;
  if (!quiet) console.log(`Building the ${name === 'page' ? 'page' : 'command line'}…`);
  rmSync(stamp, { force: true });
  const vite = path.join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  mustRun(process.execPath, [vite, 'build', '--config', config, '--logLevel', 'warn'], { stdio: quiet ? ['ignore', 2, 2] : 'inherit' });
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, '');
}

if (process.argv[1] === import.meta.filename) {
  for (const name of process.argv.slice(2).length > 0 ? process.argv.slice(2) : ['page', 'cli']) ensureBuilt(name);
}
