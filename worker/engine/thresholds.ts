import { tensorValues } from '../formats/tensorValues.ts';
import type { VariableSource } from '../graph/model.ts';
import type { Quantizer } from '../quantize/quantizer.ts';

/** log2 t by threshold name, for those that the graph holds as constants or the checkpoint as variables; others are absent, never 0. */
export async function loadThresholds(quantizers: readonly Quantizer[], variables: VariableSource): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const { threshold, constantLog2 } of quantizers) {
    if (found.has(threshold)) continue;
    if (constantLog2 !== undefined) found.set(threshold, constantLog2);
    else if (variables.entries.has(threshold)) {
      const [value] = tensorValues(await variables.read(threshold));
      if (value !== undefined) found.set(threshold, Number(value));
    }
  }
  return found;
}
