import { existsSync } from 'node:fs';
import { type Browser, chromium } from '@playwright/test';

const FLAGS = ['--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Chromium as the browser tests have it: `CHROMIUM`, else the system's, else Playwright's. */
export function launchChromium(flags: readonly string[] = []): Promise<Browser> {
  const system = process.env.CHROMIUM ?? '/usr/bin/chromium';
  return chromium.launch({ args: [...FLAGS, ...flags], ...(existsSync(system) ? { executablePath: system } : {}) });
}
