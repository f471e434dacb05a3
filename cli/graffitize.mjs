#!/usr/bin/env node
// Works by its path from any folder: installs and builds on first use, then hands over.
import { ensureBuilt } from '../scripts/build.mjs';
import { ensureInstalled } from '../scripts/install.mjs';

ensureInstalled({ quiet: true });
ensureBuilt('cli', { quiet: true });
const { main } = await import('../dist/cli/graffitize.js');
process.exitCode = await main(process.argv.slice(2));
