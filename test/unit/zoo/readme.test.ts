import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { NETWORKS } from '../../../worker/zoo/networks.ts';
import { RECIPE_NUMBERS } from '../../../worker/zoo/recipes.ts';

const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');

const code = (text: string): string => `\`${text}\``;

/** The table of networks as the README prints it: copy what is missing from the failure. */
const rows = NETWORKS.map(({ name, shape, input, output, firstLayer, lastLayer, preprocessing, quantize, recipes }) => {
  const numbers = [...new Set(recipes.map((recipe) => RECIPE_NUMBERS[recipe]))].join(', ');
  const special = Object.entries(quantize).map(([option, value]) => `, ${code(`${option}=${value}`)}`);
  const cells = [
    code(name),
    shape.join('×'),
    ...[input, output, firstLayer, lastLayer].map(code),
    preprocessing,
    `${numbers}${special.join('')}`,
  ];
  return `| ${cells.join(' | ')} |`;
});

it('ZOO5 the README lists every network of the table, as it stands there', () => {
  const listed = readme.split('\n').filter((line) => /^\| `[^`]*` \| \d+×\d+×3 \|/.test(line));
  expect(listed.join('\n')).toBe(rows.join('\n'));
});
