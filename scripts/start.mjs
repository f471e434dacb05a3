// npm start: install what is missing, build, serve the production build on 127.0.0.1:4173 or the next free port.
import { ensureBuilt } from './build.mjs';
import { ensureInstalled, root } from './install.mjs';

ensureInstalled();
ensureBuilt('page');
const { preview } = await import('vite');
const server = await preview({ root, configFile: `${root}/vite.config.ts`, logLevel: 'warn' });
console.log(`Graffitist Studio: ${server.resolvedUrls?.local[0] ?? 'http://127.0.0.1:4173/'}`);
