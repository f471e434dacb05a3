import type { LossHead } from '../execute/differentiate/deviceTape.ts';
import { scaled } from '../ops/gradients.ts';
import type { Value } from '../ops/kernels.ts';
import type { Targets } from './types.ts';

/**
 * GRD8: softmax cross-entropy of logits against targets, −Σ t · ln softmax(z) ÷ `images`, and its derivative (softmax(z) − t) ÷ `images`.
 * @param images over how many images the loss is averaged: those of the batch, of which these may be a part
 */
export function crossEntropy(targets: Targets, images: number): LossHead {
  return (logits, { kernels: k, make, scope, release }) => {
    const [rows = 1] = logits.shape;
    const classes = logits.shape.slice(1).reduce((product, size) => product * size, 1);
    const wanted = make([rows, classes], (elements) => fillTargets(elements, targets, classes));
    const [loss, slope] = scope(() => {
      const z = k.reshape(logits, [rows, classes]);
      const shifted = k.sub(z, k.reduce(z, 'max', [1], true));
      const logarithms = k.sub(shifted, k.log(k.reduce(k.exp(shifted), 'sum', [1], true)));
      const perImage = k.reduce(k.mul(wanted, logarithms), 'sum', [1], false);
      return [
        scaled(k.reduce(perImage, 'sum', [0], false), -1 / images, k),
        k.reshape(scaled(k.sub(k.softmax(z), wanted), 1 / images, k), logits.shape),
      ];
    }) as [Value, Value];
    release(wanted);
    return { loss, slope };
  };
}

function fillTargets(elements: { [index: number]: number; fill(value: number): unknown }, targets: Targets, classes: number): void {
  if (targets.kind === 'labels') {
    elements.fill(0);
    targets.labels.forEach((label, image) => {
      elements[image * classes + label] = 1;
    });
  } else {
    targets.rows.forEach((share, i) => {
      elements[i] = share;
    });
  }
}
