/** Share of rows of `scores` [labels.length × classes] whose largest value (the first of equal ones) is the label's. */
export function accuracyOf(scores: Float32Array, labels: Uint8Array): number {
  const classes = scores.length / labels.length;
  let right = 0;
  labels.forEach((label, row) => {
    const values = scores.subarray(row * classes, (row + 1) * classes);
    let best = 0;
    values.forEach((value, index) => {
      if (value > (values[best] ?? Number.NEGATIVE_INFINITY)) best = index;
    });
    if (best === label) right++;
  });
  return right / labels.length;
}
