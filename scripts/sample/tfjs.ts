import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { registerFastKernels } from './fastKernels.ts';

/** Readies tfjs for training in Node: cpu backend, gradients (which its Node build leaves out), and our faster kernels. */
export async function prepareTfjs(): Promise<void> {
  createRequire(import.meta.url)('@tensorflow/tfjs-core/dist/register_all_gradients');
  if (!(await tf.setBackend('cpu')) || tf.getBackend() !== 'cpu') throw new Error('The cpu backend of tfjs did not start.');
  registerFastKernels();
}
