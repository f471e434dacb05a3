/** Writes what the screenshots open into a folder: `tsx scripts/screenshotFiles.ts <folder>`. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { tinySavedModel } from '../test/browser/support/savedModel.ts';
import { writeTinyNetwork } from '../test/browser/support/tinyNetwork.ts';

const [folder = '.'] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
await writeFile(path.join(folder, 'tiny_saved.zip'), await tinySavedModel());
await writeTinyNetwork(path.join(folder, 'biasless'), { biasless: true });
await writeTinyNetwork(path.join(folder, 'training'), { training: true });
await writeFile(path.join(folder, 'merge.txt'), 'left/Conv2D, right/Conv2D\n');
