import { describe, expect, it } from 'vitest';
import { parseCommandLine, printCommandLine, requestFromArguments } from '../../../worker/engine/commandLine.ts';
import { parseRecipe, recipeOf, requestOf } from '../../../worker/engine/recipe.ts';
import { quoteWord, splitWords } from '../../../worker/engine/shellWords.ts';

const original = `python $groot/graffitize.pyc \\
    --in_graph $in_graph \\
    --out_graph $quant_graph \\
    --inputs input \\
    --outputs net/Softmax net/logits \\
    --input_shape 224,224,3 \\
    --transforms 'fix_input_shape' \\
                 'fold_batch_norms' \\
                 'preprocess_layers' \\
                 'quantize(weight_bits='-4', activation_bits='-8', first_layer='net/conv1/Conv2D')'`;

describe('command lines', () => {
  it('reads the original command line, quotes within quotes as its README writes them', () => {
    const request = parseCommandLine(original);
    expect(request.interface).toEqual({ inputs: ['input'], outputs: ['net/Softmax', 'net/logits'], shape: [224, 224, 3] });
    expect(request.steps.map((step) => step.transform)).toEqual(['fix_input_shape', 'fold_batch_norms', 'preprocess_layers', 'quantize']);
    expect(request.steps[3]?.options).toEqual({ weight_bits: -4, activation_bits: -8, first_layer: 'net/conv1/Conv2D' });
  });

  it('prints what it reads back, bypassed steps left out', () => {
    const request = parseCommandLine(original);
    const [first, ...others] = request.steps;
    if (first === undefined) throw new Error('no steps');
    const printed = printCommandLine(
      { ...request, steps: [{ ...first, bypassed: true }, ...others] },
      { inGraph: 'in.pb', outGraph: 'out file.pb' },
    );
    expect(printed).toContain("'out file.pb'");
    const again = parseCommandLine(printed);
    expect(again.interface).toEqual(request.interface);
    expect(again.steps.map(({ transform }) => transform)).toEqual(['fold_batch_norms', 'preprocess_layers', 'quantize']);
    expect(again.steps[2]?.options).toEqual({ weight_bits: -4, first_layer: 'net/conv1/Conv2D' });
  });

  it('refuses tensor names, empty shapes and half a command line with the way out', () => {
    const args = { inputs: ['input'], outputs: ['out'], input_shape: ['8,8,3'], transforms: [] };
    expect(() => requestFromArguments({ ...args, inputs: ['input:0'] })).toThrow(
      "Name 'input:0' appears to refer to a Tensor, not a Operation.",
    );
    expect(() => requestFromArguments({ ...args, input_shape: ['8,x,3'] })).toThrow("'8,x,3' is not an input shape.");
    expect(() => requestFromArguments({ ...args, input_shape: [''] })).toThrow('is not an input shape');
    expect(() => parseCommandLine('graffitize --inputs a')).toThrow('no --outputs');
  });

  it('CAL10 a shape per input, there and back', () => {
    const args = { inputs: ['a', 'b'], outputs: ['out'], input_shape: ['8,8,3', '4'], transforms: [] };
    const request = requestFromArguments(args);
    expect(request.interface).toMatchObject({ shape: [8, 8, 3], shapes: { a: [8, 8, 3], b: [4] } });
    expect(parseCommandLine(printCommandLine(request, { inGraph: 'in.pb', outGraph: 'out.pb' })).interface).toEqual(request.interface);
    expect(() => requestFromArguments({ ...args, inputs: ['a', 'b', 'c'] })).toThrow('2 input shapes are given for 3 inputs');
  });

  it('splits words as a shell does', () => {
    expect(splitWords(`a 'b c' d"e f"g \\\n h\\ i`)).toEqual(['a', 'b c', 'de fg', 'h i']);
    expect(splitWords(quoteWord("it's"))).toEqual(["it's"]);
    expect(() => splitWords("a 'b")).toThrow('never closed');
  });
});

describe('recipes', () => {
  const request = parseCommandLine(original);
  const recipe = recipeOf(request, { model: { name: 'in.pb', sha256: 'ab' }, calibration: null });

  it('come back from their file as the same run', () => {
    const again = requestOf(parseRecipe(JSON.stringify(recipe), 'recipe.json'));
    expect(again.interface).toEqual(request.interface);
    expect(again.steps.map(({ transform, options, bypassed }) => ({ transform, options, bypassed }))).toEqual(
      request.steps.map(({ transform, options, bypassed }) => ({ transform, options, bypassed })),
    );
  });

  it('name the first field that is wrong', () => {
    expect(() => parseRecipe('{', 'recipe.json')).toThrow('not JSON');
    expect(() => parseRecipe(JSON.stringify({ ...recipe, version: 2 }), 'recipe.json')).toThrow('version');
    expect(() => parseRecipe(JSON.stringify({ ...recipe, steps: [{ options: {} }] }), 'recipe.json')).toThrow('steps.0.transform');
  });
});
