import { Constants } from '../execute/constants.ts';
import { quantRule } from '../execute/exactness.ts';
import { tensorNumbers } from '../formats/tensorValues.ts';
import { Transferred } from './channel.ts';
import type { ComputeCalls } from './messages.ts';
import { openPortable } from './portableModel.ts';

type ConstantCodes = ComputeCalls['codes']['result'];

/** Integer codes of constant tensors behind quantizers: the quantized value divided by the scale, exactly. */
export async function constantCodes({ model, linearQuants }: ComputeCalls['codes']['args']): Promise<Transferred<ConstantCodes>> {
  const { graph, variables } = await openPortable(model);
  const constants = new Constants(graph, variables);
  const found: { shape: readonly number[]; values: Float32Array<ArrayBuffer> }[] = [];
  for (const name of linearQuants) {
    const { scale } = await quantRule(graph.node(name), constants);
    const tensor = await constants.tensor({ node: name, port: 0 });
    found.push({ shape: tensor.shape, values: Float32Array.from(tensorNumbers(tensor), (value) => value / scale) });
  }
  return new Transferred(
    found,
    found.map(({ values }) => values.buffer),
  );
}
