/** An evaluation as files, the same from page and command line. */
import type { ChangedImage, Evaluation, MeanWithInterval, NetworkComparison, NetworkScore, Rate } from '../protocol.ts';
import { confusionMatrix } from './confusion.ts';

type Cell = string | number | null;

/** EVA20: everything, as JSON; what JSON has no number for is the text "Infinity", "-Infinity" or "NaN". */
export function toJson(evaluation: Evaluation): string {
  const plain = (_: string, value: unknown) => {
    if (value instanceof Int32Array) return Array.from(value);
    return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
  };
  return `${JSON.stringify(evaluation, plain, 2)}\n`;
}

/**
 * EVA21: tables under each other, an empty line between: networks; of two networks their comparison and their outputs; classes where there
 * are labels; the images that changed their answer. Shares are from 0 to 1.
 */
export function toCsv(evaluation: Evaluation): string {
  const { comparison } = evaluation;
  const tables = [networkTable(evaluation.networks)];
  if (comparison !== null) tables.push(comparisonTable(comparison), outputTable(comparison));
  if (evaluation.networks.some(({ classes }) => classes.length > 0)) tables.push(classTable(evaluation));
  if (comparison !== null) tables.push(changedTable(evaluation, comparison.changed));
  return tables.map(csvText).join('\n');
}

/** EVA22: for each network how often images of a label (rows) got an answer (columns); the column −1 is there where an output was not finite. */
export function confusionCsv({ networks, classNames }: Evaluation): string {
  const name = (index: number): Cell => classNames[index] ?? index;
  const tables = networks.map(({ title, scored, confusion }): Cell[][] => {
    const { answers, rows } = confusionMatrix(confusion, scored?.classes ?? 0);
    return [[title, ...answers.map(name)], ...rows.map((counts, label) => [name(label), ...counts])];
  });
  return tables.map(csvText).join('\n');
}

function networkTable(networks: readonly NetworkScore[]): Cell[][] {
  const head = [
    'network',
    'output',
    'loss of',
    'images',
    ...interval('top1'),
    'top1 hits',
    ...interval('top5'),
    'top5 hits',
    ...interval('loss'),
  ];
  const rows = networks.map(({ title, scored, top1, top5, loss, notFinite }) => [
    ...[title, scored?.output ?? null, scored?.loss ?? null, top1?.of ?? null],
    ...[...cells(top1), top1?.hits ?? null, ...cells(top5), top5?.hits ?? null, ...cells(loss), notFinite],
  ]);
  return [[...head, 'not finite'], ...rows];
}

function comparisonTable({ top1, agreement }: NetworkComparison): Cell[][] {
  return [
    [...interval('top1 difference'), 'only first right', 'only second right', 'McNemar p', ...interval('agreement')],
    [...cells(top1?.difference ?? null), top1?.onlyFirst ?? null, top1?.onlySecond ?? null, top1?.p ?? null, ...cells(agreement)],
  ];
}

function outputTable({ outputs }: NetworkComparison): Cell[][] {
  const rows = outputs.map(({ output, sqnrDb, cosine, largestDifference }) => [output, sqnrDb, cosine, largestDifference]);
  return [['output', 'SQNR dB', 'cosine', 'largest difference'], ...rows];
}

function classTable({ networks, classNames }: Evaluation): Cell[][] {
  const [first] = networks;
  const head = ['class', 'name', 'images', ...networks.flatMap(({ title }) => [`${title} top1`, `${title} top5`])];
  const rows = (first?.classes ?? []).map(({ label, count }, k) => [
    ...[label, classNames[label] ?? '', count],
    ...networks.flatMap(({ classes }) => [classes[k]?.top1 ?? null, classes[k]?.top5 ?? null]),
  ]);
  return [head, ...rows];
}

function changedTable({ networks, classNames }: Evaluation, changed: readonly ChangedImage[]): Cell[][] {
  const name = (index: number | null) => (index === null ? '' : (classNames[index] ?? ''));
  const columns = networks.flatMap(({ title }) => ['answer', 'answer name', 'value', 'margin'].map((column) => `${title} ${column}`));
  const rows = changed.map(({ image, name: file, label, answers }) => [
    ...[image, file, label, name(label)],
    ...answers.flatMap(({ index, value, margin }) => [index, name(index), value, margin]),
  ]);
  return [['image', 'file', 'label', 'label name', ...columns], ...rows];
}

function interval(name: string): string[] {
  return [name, `${name} low`, `${name} high`];
}

function cells(value: Rate | MeanWithInterval | null): Cell[] {
  return value === null ? [null, null, null] : [value.value, value.low, value.high];
}

/** RFC 4180, with line feeds. */
function csvText(rows: readonly (readonly Cell[])[]): string {
  const cell = (value: Cell): string => {
    const text = value === null ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `${rows.map((row) => row.map(cell).join(',')).join('\n')}\n`;
}
