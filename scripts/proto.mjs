/** Compiles worker/formats/proto/*.proto to one static module. The output is checked in: running the studio needs no code generation. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pbjs from 'protobufjs-cli/pbjs.js';

const compile = promisify(pbjs.main);
const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../worker/formats/proto');
const generated = path.join(folder, 'generated');
const code = path.join(generated, 'messages.js');
const types = path.join(generated, 'messages.d.ts');
const sources = readdirSync(folder)
  .filter((name) => name.endsWith('.proto'))
  .sort()
  .map((name) => path.join(folder, name));

mkdirSync(generated, { recursive: true });
const unused = ['--no-verify', '--no-convert', '--no-delimited', '--no-typeurl', '--no-service'];
const options = ['--target', 'static-module', '--wrap', 'esm', '--force-number', ...unused, '--path', folder, '--out', code];
// The declarations are made from the comments, which the module itself can do without.
await compile([...options, '--dts', ...sources]);
await compile([...options, '--no-comments', ...sources]);
// 64-bit numbers are declared as plain numbers, so this import is never used (and its package is none of ours).
writeFileSync(types, readFileSync(types, 'utf8').replace(/^import Long = .*\n/m, ''));
