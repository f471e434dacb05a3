import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { argumentOf } from '../../../cli/trainArguments.ts';
import { parseImageRule } from '../../../worker/data/imageRuleText.ts';
import type { TrainingOptions } from '../../../worker/protocol.ts';
import { trainingOptionsSchema } from '../../../worker/train/options.ts';
import { parseExpression } from '../../../worker/transforms/expression.ts';
import { TRANSFORMS } from '../../../worker/transforms/registry.ts';
import { NETWORKS } from '../../../worker/zoo/networks.ts';

const text = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const page = text('docs/coming-from-graffitist.md');
/** The part that speaks of this program: the last column of the tables. */
const here = page
  .split('\n')
  .map((line) => (line.startsWith('|') ? (line.split('|').at(-2) ?? '') : line))
  .join('\n');
const quoted = (part: string) => [...part.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

function isImageRule(code: string): boolean {
  try {
    return parseImageRule(code).name === 'custom';
  } catch {
    return false;
  }
}

describe('docs/coming-from-graffitist.md says what is there', () => {
  it('every error code that it names exists', () => {
    const codes = new Set([...text('worker/errors.ts').matchAll(/\| '([a-z-]+)'/g)].map(([, code]) => code));
    const named = quoted(here).filter((code) => /^[a-z]+(-[a-z]+)+$/.test(code));
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((code) => !codes.has(code))).toEqual([]);
  });

  it('every argument that it names is one of the command line', () => {
    const options = ['cli/main.ts', 'cli/dataArguments.ts', 'cli/trainArguments.ts'].flatMap((file) => [
      ...text(file).matchAll(/option\(\s*'([^']+)'/g),
    ]);
    const declared = new Set(options.flatMap(([, names = '']) => [...names.matchAll(/--\w+/g)].map(([name]) => name)));
    for (const name of Object.keys(trainingOptionsSchema.shape)) declared.add(`--${argumentOf(name as keyof TrainingOptions)}`);
    const named = [...page.matchAll(/--\w+/g)].map(([name]) => name);
    expect(new Set(named).size).toBeGreaterThan(8);
    expect(named.filter((name) => !declared.has(name))).toEqual([]);
  });

  it('every transform and option that it names exists', () => {
    const options = new Set(TRANSFORMS.flatMap((transform) => Object.keys(transform.options)));
    const names = new Set(TRANSFORMS.map(({ name }) => name));
    const expressions = quoted(page.replaceAll("'", '')).filter((code) => names.has(code.split('(')[0] ?? '') && !code.includes('keyword'));
    expect(expressions.length).toBeGreaterThan(12);
    for (const expression of expressions) {
      const written = expression.replaceAll('…', 'x').replace(', x)', ')');
      expect(() => parseExpression(written), expression).not.toThrow();
    }
    const parts = quoted(page).filter((code) => !isImageRule(code));
    const lone = parts.flatMap((code) => [...code.matchAll(/\b(\w+)=/g)].map(([, option = '']) => option));
    expect(lone.filter((option) => !['k', 'v'].includes(option) && !options.has(option))).toEqual([]);
  });

  it('every recipe that it names is one of the table', () => {
    const recipes = [...page.matchAll(/--recipe (\w+)\/([\w-]+)/g)];
    expect(recipes.length).toBeGreaterThan(4);
    const wrong = recipes.filter(([, network, recipe = '']) => {
      const row = NETWORKS.find(({ name }) => name === network);
      return row === undefined || !/^(optimized|int[48]|train-int[48]|retrained-int[48])$/.test(recipe);
    });
    expect(wrong).toEqual([]);
  });
});
