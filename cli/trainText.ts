import type { Rate, TrainingView, TrainReport } from '../worker/protocol.ts';
import { table } from './table.ts';

/** A run that has ended: accuracy before and after, thresholds that left their bin, how they moved, time and memory. */
export function trainText(report: TrainReport, written: readonly string[]): string {
  const { accuracy, thresholds, score } = report;
  const rows: [string, Rate | null][] = [
    ['float', accuracy.float],
    ['calibrated', accuracy.calibrated],
    ['retrained', accuracy.retrained],
  ];
  const known = rows.filter((row): row is [string, Rate] => row[1] !== null);
  const name = score === 'top1' ? 'top-1' : 'agreement';
  const lines = [
    table(
      ['network', 'images', name, '95 %'],
      known.map(([title, rate]) => [title, String(rate.of), percent(rate.value), `${percent(rate.low)} … ${percent(rate.high)}`]),
    ),
  ];
  if (thresholds.length > 0) lines.push('', ...thresholdLines(thresholds));
  lines.push(
    '',
    `${report.steps} steps of ${report.options.batchSize} images, the best after ${report.bestStep}; ${Math.round(report.msPerStep)} ms per step on ${report.backend}, at most ${Math.ceil(report.peakBytes / 2 ** 20)} MB per worker`,
    ...report.warnings.map(({ rule, text }) => `warning: ${text} [${rule}]`),
    ...written.map((file) => `wrote ${file}`),
  );
  return `${lines.join('\n')}\n`;
}

function thresholdLines(thresholds: TrainReport['thresholds']): string[] {
  const left = thresholds.filter(({ deviation }) => deviation !== 0).sort((a, b) => Math.abs(b.deviation) - Math.abs(a.deviation));
  const histogram = [...new Set(thresholds.map(({ deviation }) => deviation))]
    .sort((a, b) => a - b)
    .map((d) => `${signed(d)}: ${thresholds.filter(({ deviation }) => deviation === d).length}`);
  const frozen = thresholds.filter(({ frozenAt }) => frozenAt !== null).length;
  const lines = [`${thresholds.length} thresholds, ${frozen} frozen; bins that they moved by: ${histogram.join(', ')}`];
  if (left.length === 0) return lines;
  const cells = left.map(({ quantizers, bits, before, after, deviation, frozenAt }) => [
    ...[quantizers[0] ?? '', String(bits), before.toFixed(3), after.toFixed(3), signed(deviation)],
    frozenAt === null ? '' : String(frozenAt),
  ]);
  return [...lines, table(['quantizer', 'bits', 'log2 t before', 'after', 'bins', 'frozen at'], cells)];
}

/** Every step that was kept, a line each: losses, rates, and log2 t of every threshold. */
export function trainCsv({ setup, records }: TrainingView): string {
  const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const head = ['step', 'loss', 'regularization', 'weight_rate', 'threshold_rate', 'ms'];
  const rows = records.map(({ step, loss, regularization, weightRate, thresholdRate, ms, thresholds }) =>
    [step, loss, regularization, weightRate, thresholdRate, ms.toFixed(1), ...thresholds].join(','),
  );
  return `${[[...head, ...setup.thresholds.map(({ variable }) => quoted(variable))].join(','), ...rows].join('\n')}\n`;
}

function percent(value: number): string {
  return `${(100 * value).toFixed(2)} %`;
}

function signed(value: number): string {
  return value === 0 ? '0' : `${value < 0 ? '−' : '+'}${Math.abs(value)}`;
}
