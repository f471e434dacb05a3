import { CONFORMANCE_CASES } from './cases.ts';
import { TENSORFLOW_CASES } from './tensorflowCases.ts';

/** Every executable op: cases of our own, and those whose result TensorFlow gave. */
export const ALL_CASES = [...CONFORMANCE_CASES, ...TENSORFLOW_CASES];
