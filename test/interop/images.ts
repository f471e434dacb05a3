import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { joinBytes } from '../../worker/formats/bytes.ts';
import { writeExample } from '../../worker/formats/exampleWriter.ts';
import { tfRecord } from '../../worker/formats/tfrecord.ts';
import { examples } from '../images/examples.ts';
import { imageForms } from '../images/forms.ts';

/** Every form of image as a file and a shard of records, for `imagesAgainstTensorflow.py` to read. */
export function writeImages(folder: string): void {
  const images = path.join(folder, 'images');
  mkdirSync(images, { recursive: true });
  const forms = imageForms().map(({ name, bytes }, i) => {
    const file = path.join(images, `${i}.image`);
    writeFileSync(file, bytes);
    return { name, file };
  });
  writeFileSync(path.join(images, 'forms.json'), JSON.stringify(forms));
  writeFileSync(path.join(images, 'ours.tfrecord'), joinBytes(examples().map((example) => tfRecord(writeExample(example)))));
}
