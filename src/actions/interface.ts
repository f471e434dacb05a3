import { engine } from '../engine/client.ts';
import { inputShape } from '../interface/inputShapes.ts';
import { setInterface, usePipeline } from '../state/pipeline.ts';

/** Other inputs; one that joins them brings the shape that the graph declares for it, as far as it is known. */
export async function changeInputs(inputs: readonly string[]): Promise<void> {
  const before = usePipeline.getState().request.interface;
  const shapes: Record<string, readonly number[]> = {};
  let common = before.shape;
  for (const [index, name] of inputs.entries()) {
    const known = before.inputs.includes(name) ? inputShape(before, name) : await declaredShape(name);
    if (index === 0) common = known ?? common;
    else if (known !== null && known.join() !== common?.join()) shapes[name] = known;
  }
  setInterface({ inputs, shape: common, shapes });
}

/** Dimensions behind the batch, where the graph says all of them. */
async function declaredShape(name: string): Promise<readonly number[] | null> {
  try {
    const [, ...shape] = (await engine().inspect(0, name)).outputs[0]?.shape ?? [];
    return shape.length > 0 && shape.every((size) => size !== null && size > 0) ? shape : null;
  } catch {
    return null;
  }
}
