import type { Preprocessing } from '../protocol.ts';
import type { Network } from './network.ts';

/** What is done to a photograph before a network sees it (facts 7); S is the size of its input. */
export const PREPROCESSINGS: Readonly<Record<Preprocessing, string>> = {
  inception: 'central crop 87.5 %, bilinear resize to S×S, (x − 0.5) · 2 for x in [0, 1]',
  vgg: 'short side to 256, central crop S×S, minus the means 123.68, 116.78, 103.94 of red, green, blue',
  darknet: 'central crop 87.5 %, bilinear resize to S×S, x in [0, 1]',
  'inception-caffe': 'central crop 87.5 %, bilinear resize to S×S, blue-green-red, minus the means',
  'mobilenet-caffe': 'central crop 87.5 %, bilinear resize to S×S, blue-green-red, minus the means, times 0.017',
  'vgg-caffe': 'short side to 256, central crop S×S, blue-green-red, minus the means',
};

/** Weights that were converted from Caffe want Caffe's images; only the names of files and folders tell (as in the original's script). */
export function preprocessingOf({ name, preprocessing }: Network, path: string): Preprocessing {
  if (!/caffe2tf/i.test(path) || preprocessing === 'darknet') return preprocessing;
  if (name.startsWith('inception')) return 'inception-caffe';
  return name.startsWith('mobilenet') ? 'mobilenet-caffe' : 'vgg-caffe';
}
