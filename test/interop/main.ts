/**
 * Writes every form through the command line, computes what it computes with the engine, and lists both in `manifest.json` for
 * TensorFlow to load. Run: tsx test/interop/main.ts FOLDER [KERAS]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createBackend } from '../../worker/execute/createBackend.ts';
import { type Check, checksOf } from './checks.ts';
import { foreignChecks } from './foreign.ts';
import { writeImages } from './images.ts';
import { retrainedChecks } from './retrained.ts';
import { interopRuns } from './table.ts';

const [folder, keras = null] = process.argv.slice(2);
if (folder === undefined) throw new Error('Name the folder for the files.');
mkdirSync(folder, { recursive: true });
writeImages(folder);
const backend = await createBackend('wasm');
const checks: Check[] = [];
for (const run of interopRuns(keras)) checks.push(...(await checksOf(run, folder, backend)));
checks.push(...(await foreignChecks(folder, backend)));
checks.push(...(await retrainedChecks(folder, backend)));
backend.dispose();
writeFileSync(path.join(folder, 'manifest.json'), JSON.stringify(checks, null, 1));
