import { IMAGE_RULES } from '../data/imageRules.ts';
import type { Preprocessing } from '../protocol.ts';
import type { Network } from './network.ts';

/** What is done to a photograph before a network sees it (facts 7), in words; S is the size of its input. */
export function preprocessingText(name: Preprocessing): string {
  return IMAGE_RULES[name].text;
}

/** Weights that were converted from Caffe want Caffe's images; only the names of files and folders tell (as in the original's script). */
export function preprocessingOf({ name, preprocessing }: Network, path: string): Preprocessing {
  if (!/caffe2tf/i.test(path) || preprocessing === 'darknet') return preprocessing;
  if (name.startsWith('inception')) return 'inception-caffe';
  return name.startsWith('mobilenet') ? 'mobilenet-caffe' : 'vgg-caffe';
}
