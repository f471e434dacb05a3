/** A test that also fails on anything the page must never do, whatever else it checks. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test as base, type ConsoleMessage, expect, type Page, type Request } from '@playwright/test';

const dist = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../dist/page');

/** What went wrong, in the order in which it did. */
export interface Guard {
  readonly problems: readonly string[];
  /** What a test provokes on purpose: problems that say this do not fail it. */
  provoked: RegExp | null;
  /** Every URL that page and workers asked for. */
  readonly requested: ReadonlySet<string>;
}

/** Playwright's test, with a guard over page and workers whose problems fail it at the end. */
export const test = base.extend<{ guard: Guard; build: string }>({
  /** The folder that is served. */
  build: [dist, { option: true }],
  guard: [
    async ({ page, baseURL, build }, use) => {
      const guard = await watch(page, new URL(baseURL ?? '').origin, servedPaths(build));
      await use(guard);
      expect(guard.problems.filter((problem) => guard.provoked?.test(problem) !== true)).toEqual([]);
    },
    { auto: true },
  ],
});

async function watch(page: Page, origin: string, served: ReadonlySet<string>): Promise<Guard> {
  const problems: string[] = [];
  const requested = new Set<string>();
  const onRequest = (request: Request): void => {
    requested.add(request.url());
    const problem = outsideBuild(request.url(), origin, served);
    if (problem !== null) problems.push(problem);
  };
  const onConsole = (message: ConsoleMessage): void => {
    if (message.type() === 'error') problems.push(`console: ${message.text()}`);
  };
  page.context().on('request', onRequest);
  page.on('console', onConsole);
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  page.on('worker', (worker) => {
    void worker.evaluate(reportViolations, VIOLATION).catch(() => {});
  });
  await page.addInitScript(reportViolations, VIOLATION);
  // With a listener that stays, dialogs are intercepted all the time: one that opens in the moment of switching over would be lost.
  page.on('filechooser', () => {});
  return { problems, requested, provoked: null };
}

/** How a violation begins in `problems`. */
export const VIOLATION = 'Content security policy violated:';

/** Puts the same ears before the first line of every script: a worker hears what happens while it is started. */
export async function hearFromTheFirstLine(page: Page): Promise<void> {
  await page.route('**/*.js', async (route) => {
    const response = await route.fetch();
    const ears = `globalThis.hearing ??= ((${reportViolations})(${JSON.stringify(VIOLATION)}), true);`;
    await route.fulfill({ response, body: `${ears}\n${await response.text()}` });
  });
}

/** Runs in the page and in workers. */
function reportViolations(words: string): void {
  globalThis.addEventListener('securitypolicyviolation', (event) => {
    const { effectiveDirective, blockedURI, sourceFile } = event as SecurityPolicyViolationEvent;
    console.error(`${words} ${effectiveDirective} ${blockedURI} (${sourceFile})`);
  });
}

/** Null for what the build serves and for what the page itself made, to be saved. */
function outsideBuild(url: string, origin: string, served: ReadonlySet<string>): string | null {
  if (url.startsWith(`blob:${origin}/`) || url.startsWith('data:')) return null;
  const { origin: asked, pathname } = new URL(url);
  if (asked !== origin) return `request to another origin: ${url}`;
  return served.has(pathname) ? null : `request outside the build: ${url}`;
}

function servedPaths(build: string): ReadonlySet<string> {
  const files = readdirSync(build, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Set([
    '/',
    ...files.map((file) => `/${path.relative(build, path.join(file.parentPath, file.name)).split(path.sep).join('/')}`),
  ]);
}

export { expect };
