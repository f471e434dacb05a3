import type {
  DataSummary,
  Evaluation,
  MeanWithInterval,
  NetworkComparison,
  NetworkScore,
  OptionValues,
  Rate,
  Suggestion,
} from '../worker/protocol.ts';
import { table } from './table.ts';

/** So many of the images that changed their answer are printed; all of them are in the CSV and the JSON. */
const PRINTED = 10;

/** An evaluation as the command line prints it: a table of the networks, then how the second differs from the first. */
export function evaluationText(evaluation: Evaluation, data: DataSummary): string {
  const { networks, comparison, leftOut, images, ms, backend } = evaluation;
  const lines = [data.title, '', networkTable(networks)];
  if (comparison !== null) lines.push('', ...comparisonLines(evaluation, comparison));
  lines.push(...suggestionLines(evaluation.suggestions ?? []));
  if (leftOut.count > 0) {
    lines.push('', `${count(leftOut.count, 'image')} could not be read:`);
    lines.push(...leftOut.first.slice(0, PRINTED).map(({ name, error }) => `  ${name}: ${error.cause}`));
  }
  lines.push('', `${count(images, 'image')} in ${(ms / 1000).toFixed(1)} s on ${backend}`);
  return `${lines.join('\n')}\n`;
}

/** What to do next, the nearest road first. */
export function suggestionLines(suggestions: readonly Suggestion[], title = 'What to do next:'): string[] {
  const lines = suggestions.flatMap((suggestion, k) => {
    const { rule, title: road, why } = suggestion;
    const change = changeText(suggestion);
    return [`${k + 1}. ${road}: ${why} [${rule}]`, ...(change === '' ? [] : [`   ${change}`])];
  });
  return lines.length === 0 ? [] : ['', title, ...lines];
}

function changeText({ change }: Suggestion): string {
  const written = (options: OptionValues) =>
    Object.entries(options)
      .map(([name, value]) => `${name}=${value}`)
      .join(', ');
  switch (change.kind) {
    case 'none':
      return '';
    case 'steps':
      return `before quantize: ${change.steps.map(({ transform, options }) => (written(options) === '' ? transform : `'${transform}(${written(options)})'`)).join(' ')}`;
    case 'options':
      return `quantize(${written(change.options)})`;
    case 'bits':
      return `quantize(bits_list=bits.txt), bits.txt with a line each: ${change.lines.join('; ')}`;
    default:
      return `${change.thaw ? 'thaw_graph, ' : ''}recipe 3, targets: ${change.targets}`;
  }
}

/** One line per network, as the original appends one to its pretrained_results.txt. */
export function resultLines({ networks, images }: Evaluation, data: string): string {
  const lines = networks.map(({ title, top1, top5 }) => {
    const result = top1 === null || top5 === null ? 'no labels' : `top-1 ${percent(top1)}, top-5 ${percent(top5)}`;
    return `${title}: ${result} (${images} images, ${data})`;
  });
  return `${lines.join('\n')}\n`;
}

/** Without labels there is only what answers. */
function networkTable(networks: readonly NetworkScore[]): string {
  const of = ({ scored }: NetworkScore) => (scored === null ? '' : `${scored.output} (${scored.classes} classes, loss of ${scored.loss})`);
  if (networks.every(({ top1 }) => top1 === null)) {
    return table(
      ['network', 'output'],
      networks.map(({ title, scored }) => [title, scored === null ? 'no row of scores' : `${scored.output} (${scored.classes} classes)`]),
    );
  }
  return table(
    ['network', 'images', 'top-1', '95 %', 'top-5', '95 %', 'loss', '95 %', 'of'],
    networks.map((network) => [
      ...[network.title, network.top1 === null ? '' : number(network.top1.of)],
      ...[...rateCells(network.top1), ...rateCells(network.top5)],
      ...(network.loss === null ? ['', ''] : [network.loss.value.toFixed(4), between(network.loss, (value) => value.toFixed(4))]),
      of(network),
    ]),
  );
}

function comparisonLines({ networks, classNames }: Evaluation, { top1, agreement, outputs, changed }: NetworkComparison): string[] {
  const [first = '', second = ''] = networks.map(({ title }) => title);
  const lines: string[] = [];
  if (top1 !== null) {
    const { difference, onlyFirst, onlySecond, p } = top1;
    const points = `${signed(difference.value)} points of top-1 (95 %: ${signed(difference.low)} … ${signed(difference.high)})`;
    lines.push(`${second} less ${first}: ${points}`);
    lines.push(`only ${first} is right: ${number(onlyFirst)}, only ${second}: ${number(onlySecond)}; McNemar's exact p = ${power(p)}`);
  }
  if (agreement !== null) {
    lines.push(
      `the same answer: ${number(agreement.hits)} of ${count(agreement.of, 'image')}, ${percent(agreement)} (95 %: ${rateCells(agreement)[1]})`,
    );
  }
  const rows = outputs.map(({ output, sqnrDb, cosine, largestDifference }) => [
    output,
    ...[sqnrDb.toFixed(2), cosine.toFixed(6), largestDifference.toPrecision(4)],
  ]);
  lines.push('', table(['output', 'SQNR dB', 'cosine', 'largest difference'], rows));
  if (changed.length === 0) return lines;
  const name = (index: number | null) => (index === null ? '' : index < 0 ? 'not finite' : (classNames[index] ?? String(index)));
  const cells = changed
    .slice(0, PRINTED)
    .map((image) => [
      ...[image.name, name(image.label)],
      ...image.answers.flatMap(({ index, value, margin }) => [name(index), `${value.toPrecision(4)} (+${margin.toPrecision(3)})`]),
    ]);
  const more = changed.length > PRINTED ? [`and ${number(changed.length - PRINTED)} more`] : [];
  lines.push('', table(['changed its answer', 'label', first, 'value (margin)', second, 'value (margin)'], cells), ...more);
  return lines;
}

export function rateCells(rate: Rate | null): [string, string] {
  return rate === null ? ['', ''] : [percent(rate), between(rate, (value) => (100 * value).toFixed(2))];
}

/** A single image has a loss and no interval around it. */
function between({ low, high }: Pick<MeanWithInterval, 'low' | 'high'>, text: (value: number) => string): string {
  return Number.isFinite(high - low) ? `${text(low)} … ${text(high)}` : '';
}

export function percent({ value }: Pick<Rate, 'value'>): string {
  return `${(100 * value).toFixed(2)} %`;
}

/** Points of a hundred, with a true minus. */
function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(100 * value).toFixed(2)}`;
}

function power(p: number): string {
  return p === 0 ? '0 (below 10⁻³²³)' : p.toPrecision(3);
}

export function number(value: number): string {
  return value.toLocaleString('en-US');
}

export function count(value: number, unit: string): string {
  return `${number(value)} ${unit}${value === 1 ? '' : 's'}`;
}
