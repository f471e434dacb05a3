/** Names of arrays, the likelier first: habits of Keras and NumPy, the part for judging before the one for training. */
const IMAGES =
  'images image x x_test test_images test_x x_val val_images data test_data inputs input features x_train train_images train_x train_data'.split(
    ' ',
  );
const LABELS = 'labels label y y_test test_labels test_y y_val val_labels targets classes fine_labels y_train train_labels train_y'.split(
  ' ',
);

/** How likely an array of this name holds images: 0 most, infinity where the name says nothing. */
export function imagesRank(name: string): number {
  return rank(IMAGES, name);
}

/** DAT5: whether an array of this name and shape holds one label per image. */
export function isLabels(name: string, shape: readonly number[]): boolean {
  return rank(LABELS, name) < Number.POSITIVE_INFINITY && (shape.length === 1 || (shape.length === 2 && shape[1] === 1));
}

/** Which part of a data set a name speaks of. */
export function partOf(name: string): string {
  return /test|val|train/i.exec(name)?.[0].toLowerCase() ?? '';
}

function rank(names: readonly string[], name: string): number {
  const at = names.indexOf(name.toLowerCase());
  return at < 0 ? Number.POSITIVE_INFINITY : at;
}
