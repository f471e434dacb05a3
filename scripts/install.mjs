// Installs what is missing: plain Node, because nothing else is there on a bare checkout.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Ends the process with one line where Node is too old. */
function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`Node ${process.versions.node} is too old: install Node 20.19 or newer.`);
  process.exit(1);
}

/** Runs a command in the checkout, its output on ours; ends the process where it fails. */
export function mustRun(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.status === 0) return;
  console.error(`${command} ${args.join(' ')} failed${result.error ? `: ${result.error.message}` : ''}.`);
  process.exit(result.status ?? 1);
}

/**
 * Installs what package-lock.json says unless node_modules already holds it. Not `npm ci`: that refuses a lock file which lacks the
 * optional builds of other platforms, and a lock written on one platform may.
 */
export function ensureInstalled({ quiet = false } = {}) {
  requireNode();
  const lock = path.join(root, 'package-lock.json');
  const installed = path.join(root, 'node_modules', '.package-lock.json');
  if (existsSync(installed) && sameLock(lock, installed)) return;
  if (!quiet) console.log('Installing dependencies…');
  mustRun('npm', ['install', '--no-save', '--no-fund', '--no-audit', '--loglevel=error'], { stdio: quiet ? ['ignore', 2, 2] : 'inherit' });
}

function sameLock(lock, installed) {
  if (statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return true;
  const wanted = JSON.parse(readFileSync(lock, 'utf8')).packages;
  const present = JSON.parse(readFileSync(installed, 'utf8')).packages;
  return Object.entries(wanted).every(([name, entry]) => name === '' || entry.optional || present[name]?.version === entry.version);
}
