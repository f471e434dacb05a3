import type { GraphInterface } from '../../worker/protocol.ts';

type Shapes = Pick<GraphInterface, 'inputs' | 'shape' | 'shapes'>;

/** The shape of one input: its own, else the common one. */
export function inputShape({ shape, shapes }: Shapes, input: string): readonly number[] | null {
  return shapes?.[input] ?? shape;
}

/** The interface with another shape for one input: the common shape is that of the first, the others are listed where they differ. */
export function withShape(value: Shapes, input: string, shape: readonly number[] | null): Pick<GraphInterface, 'shape' | 'shapes'> {
  const shapeOf = (name: string) => (name === input ? shape : inputShape(value, name));
  const [first, ...others] = value.inputs.length === 0 ? [input] : value.inputs;
  const common = first === undefined ? shape : shapeOf(first);
  const own = others.flatMap((name): [string, readonly number[]][] => {
    const other = shapeOf(name);
    return other === null || other.join() === common?.join() ? [] : [[name, other]];
  });
  return { shape: common, shapes: Object.fromEntries(own) };
}

/** Whether two interfaces say the same: a shape that is not listed is the common one. */
export function sameInterface(a: GraphInterface, b: GraphInterface): boolean {
  const text = (value: GraphInterface): string =>
    JSON.stringify([value.inputs, value.outputs, value.shape, value.inputs.map((name) => inputShape(value, name))]);
  return text(a) === text(b);
}
