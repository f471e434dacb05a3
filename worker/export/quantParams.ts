/** What `dump_quant_params` writes: the parameters of every quantizer, and the integer codes of weights and biases. */
import { Hdf5Writer } from '../formats/hdf5.ts';
import type { Model } from '../graph/model.ts';
import type { SourceFile } from '../protocol.ts';
import { exp2 } from '../quantize/exp2.ts';
import { scaleExponent } from '../quantize/fixedPoint.ts';
import type { Quantizer } from '../quantize/quantizer.ts';
import { readQuantizers } from '../quantize/readQuantizers.ts';
import type { Exportable } from './exportable.ts';
import { pythonFloat } from './pythonFloat.ts';

export const PARAMETERS_FILE = 'quantization_params.json';
export const WEIGHTS_FILE = 'quantized_weights.h5';

/** Codes of constant tensors by their LinearQuant nodes: what is quantized divided by its scale. */
export type CodesOf = (model: Model, linearQuants: readonly string[]) => Promise<readonly Codes[]>;

export interface Codes {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Elements that are held at once. */
const BATCH_ELEMENTS = 2 ** 25;

/** EXP10, EXP11: both files. @throws GraffitistError `variable-missing`, `node-malformed` */
export async function quantParamFiles(source: Exportable, codesOf: CodesOf): Promise<SourceFile[]> {
  const quantizers = readQuantizers(source.model.graph);
  return [
    { name: PARAMETERS_FILE, blob: new Blob([parametersText(quantizers, source.thresholds)]) },
    { name: WEIGHTS_FILE, blob: new Blob([await weightsFile(source.model, quantizers, codesOf)]) },
  ];
}

/**
 * EXP10: a map from the quantized node to its parameters, keys sorted, four blanks of indent, numbers as Python writes them. `threshold`
 * is 2^log2 t as it was found; `scale_factor` is that of the power of two in use.
 */
function parametersText(quantizers: readonly Quantizer[], thresholds: ReadonlyMap<string, number>): string {
  const bySource = new Map(quantizers.map((quantizer) => [quantizer.source, quantizer]));
  const entries = [...bySource]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([source, quantizer]) => {
      const log2 = quantizer.constantLog2 ?? thresholds.get(quantizer.threshold) ?? Number.NaN;
      const fields = {
        bitwidth: String(quantizer.bits),
        is_signed: quantizer.signed ? '1' : '0',
        rounding_mode: JSON.stringify(quantizer.rounding),
        scale_factor: pythonFloat(2 ** scaleExponent(quantizer, log2)),
        source_node: JSON.stringify(source),
        threshold: pythonFloat(exp2(log2)),
      };
      const lines = Object.entries(fields).map(([name, value]) => `        "${name}": ${value}`);
      return `    ${JSON.stringify(source)}: {\n${lines.join(',\n')}\n    }`;
    });
  return entries.length === 0 ? '{}' : `{\n${entries.join(',\n')}\n}`;
}

/** EXP11: one float32 dataset of integer codes for the source of every quantizer on weights, reciprocals, slopes and biases. */
async function weightsFile(model: Model, quantizers: readonly Quantizer[], codesOf: CodesOf): Promise<Uint8Array<ArrayBuffer>> {
  const writer = await Hdf5Writer.open();
  const parameters = quantizers.filter(({ name }) => /weight_quant$|_bias_quant$/.test(name));
  for (const batch of batches(model, parameters)) {
    const codes = await codesOf(
      model,
      batch.map(({ node }) => node),
    );
    batch.forEach(({ source }, index) => {
      const found = codes[index];
      if (found !== undefined) writer.add({ path: source, ...found });
    });
  }
  return writer.finish();
}

function batches(model: Model, quantizers: readonly Quantizer[]): Quantizer[][] {
  const found: Quantizer[][] = [];
  let room = 0;
  for (const quantizer of quantizers) {
    const shape = model.shapes.get(quantizer.source)?.[0] ?? [];
    const elements = shape.reduce((product, size) => product * Math.max(1, size), 1);
    if (found.length === 0 || elements > room) {
      found.push([]);
      room = BATCH_ELEMENTS;
    }
    found.at(-1)?.push(quantizer);
    room -= elements;
  }
  return found;
}
