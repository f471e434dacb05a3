/**
 * What answers say about images, in nats: the mutual information of image and answer, the entropy of the mean answer less the mean entropy.
 * Large where each image gets an answer of its own and gets it clearly; small where all get the same one, however clear, or none is clear.
 * @param probabilities one row per image
 */
export function answerInformation(probabilities: Float64Array, classes: number): number {
  const images = probabilities.length / classes;
  const mean = new Float64Array(classes);
  let own = 0;
  for (let i = 0; i < probabilities.length; i++) {
    const p = probabilities[i] as number;
    mean[i % classes] = (mean[i % classes] as number) + p / images;
    own += surprise(p) / images;
  }
  return mean.reduce((sum, p) => sum + surprise(p), 0) - own;
}

function surprise(p: number): number {
  return p > 0 ? -p * Math.log(p) : 0;
}
