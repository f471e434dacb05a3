import type { NetworkSummary, QuantizerRow } from '../worker/protocol.ts';
import { readModelFiles } from './files.ts';
import { createNodeEngine } from './nodeEngine.ts';
import { powerText, table } from './table.ts';

export interface InspectOptions {
  readonly in_ckpt?: string;
  readonly saved_model_tag?: string;
  readonly json?: boolean;
}

/** Nodes, ops, interface and quantizers of a graph. */
export async function inspectCommand(graph: string, options: InspectOptions): Promise<number> {
  const engine = createNodeEngine({ backend: 'wasm' });
  try {
    const summary = await engine.open(await readModelFiles(graph, { checkpoint: options.in_ckpt }), {}, { tag: options.saved_model_tag });
    const quantizers = await engine.quantizers(0);
    if (options.json === true) {
      process.stdout.write(`${JSON.stringify({ document: summary, quantizers }, null, 2)}\n`);
      return 0;
    }
    const { inputs, outputs, shape, firstLayer, lastLayer } = summary.guess;
    const lines = [
      `${summary.name}: ${summary.nodeCount} nodes`,
      `inputs   ${inputs.join(', ') || 'none found'}${shape === null ? '' : `  ${shape.join('×')}`}`,
      `outputs  ${outputs.join(', ') || 'none found'}`,
      `layers   ${firstLayer ?? 'none found'}${lastLayer === null || lastLayer === firstLayer ? '' : ` … ${lastLayer}`}`,
      ...(summary.network === null ? [] : networkLines(summary.network)),
      ...(summary.refusal === null ? [] : [`can be looked at, not rewritten: ${summary.refusal.cause}`]),
      ...(summary.missingVariables.length === 0 ? [] : [`variables without values: ${summary.missingVariables.length}`]),
      '',
      table(
        ['op', 'nodes'],
        summary.ops.map(([op, count]) => [op, String(count)]),
      ),
    ];
    if (quantizers.length > 0) {
      lines.push('', table(['quantizer', 'kind', 'bits', 'scale', 'threshold', 'shared with'], quantizers.map(quantizerCells)));
      if (!summary.quantizers.thresholdsLoaded) lines.push('Thresholds are not loaded: name their checkpoint with --in_ckpt.');
    }
    process.stdout.write(`${lines.join('\n')}\n`);
    return 0;
  } finally {
    await engine.dispose();
  }
}

function networkLines({ title, variant, presets, preprocessing }: NetworkSummary): string[] {
  return [
    `network  ${title}${variant.length === 0 ? '' : ` (${variant.join(', ')})`}`,
    `images   ${preprocessing.text}`,
    ...(presets.length === 0 ? [] : [`recipes  ${presets.join(', ')}`]),
  ];
}

/** One quantizer as the tables of the command line print it. */
export function quantizerCells(row: QuantizerRow): string[] {
  const type = `${row.signed ? 'int' : 'uint'}${row.bits}${row.rounding === 'round' ? '' : ` ${row.rounding}`}`;
  const scale = row.exponent === null ? 'not loaded' : powerText(row.exponent);
  const threshold =
    row.rawThreshold === null || row.log2t === null
      ? 'not loaded'
      : `${row.rawThreshold.toPrecision(4)} → ${powerText(Math.ceil(row.log2t))}`;
  return [row.name, row.kind, type, scale, threshold, row.sharedWith.length === 0 ? '' : String(row.sharedWith.length)];
}
