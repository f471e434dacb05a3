/** Writes what the screenshots open into a folder: `tsx scripts/screenshotFiles.ts <folder>`. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { labelledNoise, writeBroken, writePictures } from '../test/browser/support/pictures.ts';
import { tinySavedModel } from '../test/browser/support/savedModel.ts';
import { writeTinyNetwork } from '../test/browser/support/tinyNetwork.ts';

const [folder = '.'] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
await writeFile(path.join(folder, 'tiny_saved.zip'), await tinySavedModel());
await writeTinyNetwork(path.join(folder, 'biasless'), { biasless: true });
await writeTinyNetwork(path.join(folder, 'training'), { training: true });
// A thousand classes: more than fit a table.
await writeTinyNetwork(path.join(folder, 'many'), { classes: 1000 });
await writeFile(path.join(folder, 'many', 'noise.npz'), labelledNoise(20_000, 1000));
await writePictures(path.join(folder, 'shapes'), 300, 60);
await writeBroken(path.join(folder, 'shapes', '0_circle', '9999.png'));
await writeFile(path.join(folder, 'shapes', '1_ring', 'moving.gif'), 'GIF89a');
await writeFile(path.join(folder, 'labels.csv'), 'file,label\nnobody.png,3\n');
await writeFile(path.join(folder, 'merge.txt'), 'left/Conv2D, right/Conv2D\n');
