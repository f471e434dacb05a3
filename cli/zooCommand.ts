import { NETWORKS } from '../worker/zoo/networks.ts';
import { preprocessingText } from '../worker/zoo/preprocessing.ts';
import { table } from './table.ts';

/** The networks of the table, their interface and recipes. */
export function zooCommand(options: { readonly json?: boolean }): void {
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(NETWORKS, null, 2)}\n`);
    return;
  }
  const lines = [
    table(
      ['network', 'shape', 'input', 'output', 'images', 'recipes'],
      NETWORKS.map(({ name, shape, input, output, preprocessing, recipes }) => [
        name,
        shape.join('×'),
        input,
        output,
        preprocessing,
        recipes.join(' '),
      ]),
    ),
    '',
    table(
      ['network', 'first layer', 'last layer'],
      NETWORKS.map(({ name, firstLayer, lastLayer }) => [name, firstLayer, lastLayer]),
    ),
    '',
    ...[...new Set(NETWORKS.map(({ preprocessing }) => preprocessing))].map((name) => `${name}: ${preprocessingText(name)}`),
    'A recipe is named network/recipe: graffitize --recipe inception_v3/int8 --in_graph … --out_graph …',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
