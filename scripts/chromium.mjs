// Finds a Chromium for the browser tests: the system's, else Playwright's, else one from apt when root.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function onPath() {
  for (const name of names) {
    const found = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
    if (found) return found;
  }
  return undefined;
}

async function fromPlaywright() {
  const { chromium } = await import('@playwright/test');
  const executable = chromium.executablePath();
  return existsSync(executable) ? executable : undefined;
}

/** Path of a Chromium, installed where needed; undefined and one printed line where none can be had. */
export async function ensureChromium() {
  const present = process.env.CHROMIUM ?? onPath() ?? (await fromPlaywright());
  if (present) return present;
  console.log('Installing Chromium for the browser tests…');
  spawnSync('npx', ['playwright', 'install', 'chromium'], { stdio: 'ignore', timeout: 300_000 });
  const downloaded = await fromPlaywright();
  if (downloaded) return downloaded;
  if (process.getuid?.() === 0) {
    spawnSync('sh', ['-c', 'apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium'], {
      stdio: 'ignore',
      timeout: 600_000,
    });
    const installed = onPath();
    if (installed) return installed;
  }
  console.log(
    'No Chromium found: install one (Debian: apt-get install chromium; else: npx playwright install chromium) or set CHROMIUM to its path.',
  );
  return undefined;
}
