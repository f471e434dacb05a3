import { expect, it } from 'vitest';
import { type ErrorCode, GraffitistError } from '../../worker/errors.ts';
import { Graph } from '../../worker/graph/graph.ts';
import { validateGraph } from '../../worker/graph/validate.ts';
import { describeShared } from '../shared.ts';
import { floatOutputs, relativeDifference, variablesOf } from './floatRun.ts';
import { caseFile, readArguments, readGraph, runMicroCase } from './runCase.ts';

/** What the original crashes on, or writes without its output, and we do right: the same function under the same output names. */
const DONE_RIGHT: readonly string[] = [
  'avgpool_twice_output__opt',
  'bad_op_sigmoid__plain',
  'batchmatmul__plain',
  'bn_conv_frozen__opt',
  'bn_matmul_noreshape2__opt',
  'checknumerics__plain',
  'checknumerics__super',
  'concat_inner_two_users__opt',
  'eltw_leaky_after__opt',
  'identity_output__opt',
  'identity_output__pre',
  'mean_axes_1__opt',
  'mean_axes_21__opt',
  'mean_axes_neg__opt',
  'mean_nokeep_fc__opt',
  'mean_nokeep_out__opt',
  'order__empty_paren',
  'strip_two_inputs__strip',
  'two_inputs__opt',
  'unknown_placeholder__opt',
];

/** What we refuse as well, or refuse where the original goes on without a word. */
const REFUSED: readonly (readonly [name: string, code: ErrorCode, text: RegExp])[] = [
  ['bad_dangling__plain', 'graph-dangling-input', /nowhere.*net\/c1\/Relu/],
  ['bad_dup__plain', 'graph-duplicate-name', /'input'/],
  ['bad_training_op__plain', 'op-training', /ApplyGradientDescent/],
  ['freeze__fold_nofreeze', 'pipeline-order', /'fold_batch_norms_inplace' requires 'freeze_graph' to be applied first/],
  ['freeze__fr_q', 'pipeline-order', /'quantize' cannot be applied after 'freeze_graph'/],
  ['opts__badopt', 'option-unknown', /foo/],
  ['order__badshape', 'shape-mismatch', /net\/c1\/Conv2D.*\[\?, 16, 16\]/],
  ['order__colon_strip', 'interface-invalid', /'input:0'/],
  ['order__fold_after_rtn', 'pipeline-order', /'fold_batch_norms' cannot be applied after 'remove_training_nodes'/],
  ['order__fold_first', 'pipeline-order', /'fold_batch_norms' requires 'fix_input_shape' to be applied first/],
  ['bn_eval_in_train_fold__train8', 'option-invalid', /No batch norm is in training mode.*net\/c1\/BatchNorm/],
  ['order__fold_train_eval', 'option-invalid', /No batch norm is in training mode/],
  ['order__inplace', 'pipeline-order', /'fold_batch_norms_inplace' requires 'freeze_graph' to be applied first/],
  ['order__pre_first', 'pipeline-order', /'preprocess_layers' requires 'fix_input_shape' to be applied first/],
  ['order__q_after_freeze', 'pipeline-order', /'quantize' cannot be applied after 'freeze_graph'/],
  ['order__q_first', 'pipeline-order', /'quantize' requires 'fix_input_shape' to be applied first/],
  ['order__q_nofold', 'pipeline-order', /'quantize' requires 'fold_batch_norms' to be applied first/],
  ['order__q_nopre', 'pipeline-order', /'quantize' requires 'preprocess_layers' to be applied first/],
  ['order__rtn_after_pre', 'pipeline-order', /'remove_training_nodes' cannot be applied after 'preprocess_layers'/],
  ['order__unknown', 'transform-unknown', /'nonsense'/],
];

/** CheckNumerics passes on what it reads; nothing here executes it. */
function checksLeftOut(graph: Graph): Graph {
  return new Graph(
    graph.nodes.map((node) => (node.op === 'CheckNumerics' ? node.with({ op: 'Identity', attrs: { message: undefined } }) : node)),
  );
}

describeShared('where the original fails or loses an output', () => {
  it.each(DONE_RIGHT)('%s: a valid graph that computes the same', async (name) => {
    const folder = `cases/micro/${name}`;
    const args = readArguments(caseFile(folder).args);
    const { model } = runMicroCase(name);
    validateGraph(model.graph);
    const run = { variables: await variablesOf(folder), inputs: args.inputs, shape: args.inputShape, outputs: args.outputs };
    const before = await floatOutputs(checksLeftOut(readGraph(folder, args.inGraph)), run);
    const after = await floatOutputs(model.graph, run);
    args.outputs.forEach((_, i) => {
      expect(relativeDifference(before[i] ?? [], after[i] ?? [])).toBeLessThan(1e-6);
    });
  });

  it.each(REFUSED)('%s: %s', (name, code, text) => {
    try {
      runMicroCase(name);
    } catch (error) {
      expect(error).toBeInstanceOf(GraffitistError);
      expect((error as GraffitistError).code).toBe(code);
      expect((error as GraffitistError).message).toMatch(text);
      return;
    }
    expect.unreachable('it was not refused');
  });
});
