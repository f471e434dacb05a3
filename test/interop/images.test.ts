import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readExample } from '../../worker/formats/example.ts';
import { openTfRecords } from '../../worker/formats/packedRecords.ts';
import { readTfRecord, tfRecords } from '../../worker/formats/tfrecord.ts';
import { examples } from '../images/examples.ts';
import { imageForms } from '../images/forms.ts';
import { decoder } from '../images/nodeDecoder.ts';
import { asImage, fromBase64, type RecordedImage } from '../images/recordedImage.ts';
import { shared } from '../sharedFolder.ts';

const root = process.env.INTEROP_DIR;
if (root === undefined) throw new Error('INTEROP_DIR names the folder that imagesAgainstTensorflow.py wrote to.');
const folder = path.join(root, 'images');
const json = <T>(file: string): T => JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as T;

describe('images as the TensorFlow at hand decodes them', () => {
  const forms = json<Readonly<Record<string, RecordedImage>>>('images.json');
  it.each(imageForms())('IMG1: $name', async ({ name, bytes }) => {
    const recorded = forms[name];
    if (recorded === undefined) throw new Error(`${name} was not decoded.`);
    expect(await decoder.decode(bytes, name, { orientation: false })).toEqual(asImage(recorded));
  });

  const encoded = json<Readonly<Record<string, RecordedImage & { readonly file: string }>>>('encoded.json');
  it.each(Object.keys(encoded))('IMG1: written by TensorFlow: %s', async (name) => {
    const recorded = encoded[name] as RecordedImage & { readonly file: string };
    expect(await decoder.decode(fromBase64(recorded.file), name)).toEqual(asImage(recorded));
  });

  const photographs = path.join(folder, 'photographs');
  const names = existsSync(photographs) ? readdirSync(photographs) : [];
  it.runIf(names.length > 0)('IMG1: the photographs of the reference cases, every pixel', async () => {
    const differing: string[] = [];
    for (const name of names) {
      const file = shared('cases/imagenet_mobilenet/images', path.basename(name, '.rgb'));
      const { pixels } = await decoder.decode(new Uint8Array(readFileSync(file)), file, { orientation: false });
      if (Buffer.compare(pixels, readFileSync(path.join(photographs, name))) !== 0) differing.push(name);
    }
    expect(names.length).toBe(51);
    expect(differing).toEqual([]);
  });
});

describe('records', () => {
  it('REC5: TensorFlow reads what was written here', () => {
    const plain = examples().map((example) =>
      Object.fromEntries(
        [...example].map(([key, feature]) => [
          key,
          feature.kind === 'bytes' ? { ...feature, values: feature.values.map((value) => Buffer.from(value).toString('base64')) } : feature,
        ]),
      ),
    );
    expect(json('records.json')).toEqual(plain);
  });

  it.each(['theirs', 'theirs-GZIP', 'theirs-ZLIB'])('REC1: %s, as TensorFlow writes it', async (name) => {
    const blob = await openTfRecords(new Blob([readFileSync(path.join(folder, `${name}.tfrecord`))]), name);
    const read = [];
    for await (const frame of tfRecords(blob, name)) read.push(readExample(await readTfRecord(blob, frame, name), name));
    expect(read).toEqual(examples());
  });
});
