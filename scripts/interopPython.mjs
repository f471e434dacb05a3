// Finds Pythons and makes the environments that hold real TensorFlow, under .cache/interop of the checkout.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './install.mjs';

const wheels = process.arch === 'x64' && process.platform !== 'darwin';

/** TensorFlow as it is today, which must be there, and the one that Graffitist was made for; each with the Pythons that have wheels of it. */
export const environments = [
  {
    name: 'TensorFlow 2.15',
    folder: 'tensorflow-2.15',
    required: true,
    pythons: ['3.11', '3.10', '3.9'],
    packages: [`${wheels ? 'tensorflow-cpu' : 'tensorflow'}==2.15.1`, 'h5py==3.11.0', 'numpy==1.26.4'],
  },
  {
    name: 'TensorFlow 1.14',
    folder: 'tensorflow-1.14',
    required: false,
    pythons: ['3.7', '3.6'],
    packages: ['tensorflow==1.14.0', 'protobuf<3.21', 'numpy<1.20', 'h5py<3'],
  },
];

function works(python, version) {
  const { status, stdout } = spawnSync(python, ['-c', 'import sys, venv; print("%d.%d" % sys.version_info[:2])'], { encoding: 'utf8' });
  return status === 0 && stdout.trim() === version;
}

/** Interpreters that pyenv keeps: its shims on the PATH answer only for the versions that are switched on. */
function pyenvVersions(version) {
  const { status, stdout } = spawnSync('pyenv', ['root'], { encoding: 'utf8' });
  const folder = status === 0 ? path.join(stdout.trim(), 'versions') : '';
  if (folder === '' || !existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.startsWith(`${version}.`));
  return names.map((name) => path.join(folder, name, 'bin', 'python'));
}

/** A working interpreter of one of these versions, or undefined. */
function findPython(versions) {
  for (const version of versions) {
    const found = [`python${version}`, ...pyenvVersions(version)].find((python) => works(python, version));
    if (found !== undefined) return found;
  }
  return undefined;
}

function step(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], timeout: 900_000 });
  if (status === 0) return;
  throw new Error(`${path.basename(command)} ${args.join(' ')} ended with ${status ?? error?.message}`);
}

/**
 * The environment's Python, made where it is not there yet or was made from other packages; `leftOut` says why there is none.
 * @throws Error where the packages cannot be installed
 */
export function ensureEnvironment({ name, folder, pythons, packages }) {
  const place = path.join(root, '.cache', 'interop', folder);
  const python = path.join(place, 'bin', 'python');
  const stamp = path.join(place, 'packages.json');
  const wanted = JSON.stringify(packages);
  if (existsSync(python) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return { python };
  const base = findPython(pythons);
  if (base === undefined) return { leftOut: `no Python ${pythons.join(' or ')} was found on the PATH or in pyenv` };
  console.log(`Installing ${name} for ${base}…`);
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  step(base, ['-m', 'venv', place]);
  step(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]);
  writeFileSync(stamp, wanted);
  return { python };
}
