import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openFile } from '../../cli/fileBlobs.ts';
import { writeJpeg } from '../../test/images/jpegWriter.ts';
import type { SourceFile } from '../../worker/protocol.ts';

/** ImageNet's pictures are about so large. */
const [WIDTH, HEIGHT] = [500, 375];

/** JPEG files in folders of two classes, as large as ImageNet's: smooth patches under some noise, half the colour resolution. */
export async function pictureFiles(count: number): Promise<{ readonly folder: string; readonly files: readonly SourceFile[] }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-evaluate-'));
  const files: SourceFile[] = [];
  for (let picture = 0; picture < count; picture++) {
    const name = `${picture}.jpg`;
    const file = path.join(folder, name);
    await writeFile(file, jpeg(picture));
    files.push({ name, path: `pictures/${picture % 2}/${name}`, blob: await openFile(file) });
  }
  return { folder, files };
}

function jpeg(seed: number): Uint8Array {
  let state = seed + 1;
  const noise = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const wave = (period: number, phase: number) => (x: number, y: number) =>
    128 + 60 * Math.sin((x + phase) / period) * Math.cos((y - phase) / period) + 50 * noise();
  return writeJpeg({
    width: WIDTH,
    height: HEIGHT,
    components: [
      { id: 1, h: 2, v: 2, sample: wave(40, seed) },
      { id: 2, h: 1, v: 1, sample: wave(90, 2 * seed) },
      { id: 3, h: 1, v: 1, sample: wave(70, 3 * seed) },
    ],
  });
}
