/**
 * Cyan, magenta, yellow and key to RGB, as TensorFlow turns them (`jpeg_mem.cc`): a product without colour profile, rounded down. Files
 * with Adobe's marker hold the four inverted.
 */
export function printToRgb(samples: Uint8Array, inverted: boolean): Uint8Array {
  const flip = inverted ? 0 : 255;
  const pixels = new Uint8Array((samples.length / 4) * 3);
  for (let from = 0, to = 0; from < samples.length; from += 4) {
    const key = (samples[from + 3] ?? 0) ^ flip;
    for (let i = 0; i < 3; i++) pixels[to++] = Math.floor((key * ((samples[from + i] ?? 0) ^ flip)) / 255);
  }
  return pixels;
}
