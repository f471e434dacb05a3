import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { openDocument, summarize } from '../../worker/engine/document.ts';
import { diffGraphs } from '../../worker/graph/diff.ts';
import { openGraph } from '../../worker/graph/graphFile.ts';
import type { SourceFile } from '../../worker/protocol.ts';
import { describeShared, hasShared, shared } from '../shared.ts';

const cases = hasShared ? readdirSync(shared('cases'), { recursive: true, encoding: 'utf8' }).sort() : [];
const named = (pattern: RegExp) => cases.filter((file) => pattern.test(file));
const bytes = (file: string) => new Uint8Array(readFileSync(shared('cases', file)));

/** Every file of a folder, with its path. */
const folder = (root: string): SourceFile[] =>
  cases
    .filter((file) => file.startsWith(`${root}/`) && /\.\w/.test(path.basename(file)))
    .map((file) => ({ name: path.basename(file), path: file, blob: new Blob([bytes(file) as BlobPart]) }));

describeShared('recorded graphs in other forms than .pb', () => {
  it.each(named(/\.meta$/))('MetaGraph %s opens with its collections', async (file) => {
    const document = await openDocument([{ name: path.basename(file), blob: new Blob([bytes(file) as BlobPart]) }]);
    expect(document.graph.nodes.length).toBeGreaterThan(5);
    expect(document.meta?.collections.get('variables')?.kind).toBe('bytes');
    // Those of the micro cases say nothing of their saver.
    const saver = document.meta?.saver;
    expect(saver === undefined || document.graph.has(saver.restore)).toBe(true);
    if (file.startsWith('nets')) expect(saver).toBeDefined();
  });

  it.each(named(/\.pbtxt$/))('text %s is the graph that lies beside it', (file) => {
    const pb = file.replace(/\.pbtxt$/, '.pb');
    const text = openGraph(bytes(file), file);
    expect(text.nodes.length).toBeGreaterThan(5);
    if (file.startsWith('nets')) expect(diffGraphs(openGraph(bytes(pb), pb), text)).toEqual([]);
  });

  it.each(named(/saved_model\.pb$/).map((file) => path.dirname(file)))('SavedModel %s opens with its variables', async (root) => {
    const summary = summarize(await openDocument(folder(root), { tag: 'serve' }));
    expect(summary).toMatchObject({ name: path.basename(root), missingVariables: [], refusal: null, savedModel: { tag: 'serve' } });
    expect(summary.guess).toMatchObject({ inputs: ['input'], outputs: ['MobilenetV2/Predictions/Softmax'], shape: [64, 64, 3] });
    expect(summary.files.filter(({ error }) => error !== undefined)).toEqual([]);
  });
});
