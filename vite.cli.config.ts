import { defineConfig } from 'vite';

/** The command line and its workers as Node files: dist/cli/{graffitize,computeWorker,dataWorker}.js. */
export default defineConfig({
  build: {
    ssr: true,
    outDir: 'dist/cli',
    target: 'node20',
    rollupOptions: { input: { graffitize: 'cli/main.ts', computeWorker: 'cli/computeWorker.ts', dataWorker: 'cli/dataWorker.ts' } },
  },
  publicDir: false,
});
