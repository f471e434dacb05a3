import { describe, expect, it } from 'vitest';
import { addToDocument, openDocument, summarize } from '../../../worker/engine/document.ts';
import { feedSummaries } from '../../../worker/engine/feeds.ts';
import { writeNpy } from '../../../worker/formats/npy.ts';
import { makeTensor } from '../../../worker/formats/tensorValues.ts';

const placeholder = (
  name: string,
  dims: readonly number[],
) => `node { name: "${name}" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } }
  attr { key: "shape" value { shape { ${dims.map((size) => `dim { size: ${size} }`).join(' ')} } } } }`;
const GRAPH = `${placeholder('image', [-1, 4, 4, 3])} ${placeholder('net/left', [-1, 4, 4, 1])}
  node { name: "y" op: "Relu" input: "image" attr { key: "T" value { type: DT_FLOAT } } }
  node { name: "z" op: "Relu" input: "net/left" attr { key: "T" value { type: DT_FLOAT } } }`;
const text = (name: string, content: string) => ({ name, blob: new Blob([content]) });
const images = (name: string, count: number, shape: readonly number[]) => {
  const all = [count, ...shape];
  const size = all.reduce((product, each) => product * each, 1);
  return { name, blob: new Blob([writeNpy(makeTensor('float32', all, new Float32Array(size))) as BlobPart]) };
};

describe('CAL10 which data feeds which input', () => {
  it('CAL10 of several inputs each takes the array of its name; one that joins does not replace the others', async () => {
    const opened = await openDocument([text('net.pbtxt', GRAPH), images('image.npy', 2, [4, 4, 3])]);
    const both = { inputs: ['image', 'net/left'] };
    expect(feedSummaries(opened.graph, both, opened.arrays)).toEqual([
      { input: 'image', array: 'image.npy', count: 2, shape: [4, 4, 3] },
      { input: 'net/left', array: null, count: 0, shape: [] },
    ]);
    const grown = await addToDocument(opened, [images('net_left.npy', 2, [4, 4, 1])]);
    expect(feedSummaries(grown.graph, both, grown.arrays).map(({ array }) => array)).toEqual(['image.npy', 'net_left.npy']);
    const newer = await addToDocument(grown, [images('left.npy', 3, [4, 4, 1])]);
    expect(feedSummaries(newer.graph, both, newer.arrays)[1]).toMatchObject({ array: 'left.npy', count: 3 });
  });

  it('CAL10 the only input takes the last array, whatever its name', async () => {
    const opened = await openDocument([text('net.pbtxt', GRAPH), images('photos.npy', 5, [4, 4, 3])]);
    expect(feedSummaries(opened.graph, { inputs: ['image'] }, opened.arrays)).toEqual([
      { input: 'image', array: 'photos.npy', count: 5, shape: [4, 4, 3] },
    ]);
  });

  it('text files are told as lists, and the graph as one for evaluation', async () => {
    const opened = await openDocument([text('net.pbtxt', GRAPH), text('merge.txt', 'y, z')]);
    expect(opened.summaries.map(({ role }) => role)).toEqual(['graph', 'list']);
    expect(summarize(opened).form).toBe('evaluation');
  });
});
