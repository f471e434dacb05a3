import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const loader = pathToFileURL(
  createRequire(import.meta.url)
    .resolve('tsx/esm/api')
    .replace(/cjs$/, 'mjs'),
).href;

/** What a thread evaluates to run a TypeScript file: Node runs none by itself, so it starts with a loader. */
export function threadStart(file: URL): string {
  return `import(${JSON.stringify(loader)}).then(({ register }) => {
  register();
  return import(${JSON.stringify(file.href)});
})`;
}
