import type { ErrorCode } from '../../worker/errors.ts';

/** What is done here where the original fails, hangs, loses its output, or is wrong without a word. */
export type Departure =
  /** An error of the same meaning, or one where the original goes on without a word. */
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly text: RegExp }
  /** A valid graph that computes the same (`quantizers`: and has so many quantizers, whose thresholds are found). */
  | { readonly kind: 'mended'; readonly rule: string; readonly quantizers?: number }
  /** The original's graph, and thresholds that it did not find. */
  | { readonly kind: 'same-graph'; readonly rule: string; readonly as: string };

const refused = (code: ErrorCode, text: RegExp): Departure => ({ kind: 'refused', code, text });
const mended = (rule: string, quantizers?: number): Departure =>
  quantizers === undefined ? { kind: 'mended', rule } : { kind: 'mended', rule, quantizers };
const sameAs = (rule: string, as: string): Departure => ({ kind: 'same-graph', rule, as });

/** Every recorded case that ends otherwise here than with the original. Whatever is not listed is the same in all that was recorded. */
export const DEPARTURES: Readonly<Record<string, Departure>> = {
  avgpool_twice_output__opt: mended('PRE8'),
  avgpool_twice_output__q8: mended('PRE8', 9),
  bad_dangling__plain: refused('graph-dangling-input', /nowhere.*net\/c1\/Relu/),
  bad_dup__plain: refused('graph-duplicate-name', /'input'/),
  bad_op_sigmoid__plain: mended('ADM2'),
  bad_training_op__plain: refused('op-training', /ApplyGradientDescent/),
  batchmatmul__plain: mended('ADM2'),
  bn_conv_frozen__opt: mended('FBN7'),
  bn_conv_frozen__q8: mended('FBN7', 9),
  bn_eval_in_train_fold__train8: refused('option-invalid', /No batch norm is in training mode.*net\/c1\/BatchNorm/),
  bn_matmul_noreshape2__opt: mended('FBN4'),
  bn_matmul_noreshape2__q8: mended('FBN4', 5),
  bn_unfused_correction__q8: mended('QNT22', 1),
  checknumerics__plain: mended('RTN1'),
  checknumerics__super: mended('RTN1'),
  concat_inner_two_users__opt: mended('PRE5'),
  concat_inner_two_users__q8: mended('PRE5', 26),
  concat_leaky__q8: mended('QNT18', 23),
  concat_leaky_relu__q8: mended('QNT20', 20),
  concat_linear__q8: mended('QNT11', 19),
  concat_pool_only__q8: mended('QNT11', 11),
  concat_relu6__q8: mended('QNT11', 19),
  concat_relu_linear__q8: mended('QNT51', 18),
  eltw_leaky_after__opt: mended('PRE8'),
  eltw_leaky_after__q8: mended('QNT52', 14),
  freeze__fold_nofreeze: refused('pipeline-order', /'fold_batch_norms_inplace' requires 'freeze_graph' to be applied first/),
  freeze__fr_q: refused('pipeline-order', /'quantize' cannot be applied after 'freeze_graph'/),
  identity_output__opt: mended('PRE8'),
  identity_output__pre: mended('PRE8'),
  manual_merge_no_common_scope__m: mended('QNT18', 9),
  mean_axes_1__opt: mended('PRE2'),
  mean_axes_21__opt: mended('PRE2'),
  mean_axes_neg__opt: mended('PRE2'),
  mean_nokeep_fc__opt: mended('PRE2'),
  mean_nokeep_fc__q8: mended('PRE2', 11),
  mean_nokeep_out__opt: mended('PRE2'),
  mean_nokeep_out__q8: mended('PRE2', 7),
  opts__badopt: refused('option-unknown', /foo/),
  opts__dump_nocal: refused('threshold-missing', /threshold/),
  opts__merge_bits_err: refused('quantizer-conflict', /do not share the same bitwidth. Can't be merged!/),
  opts__merge_one_err: refused('quantizer-conflict', /Unable to find a quant layer to merge 'net\/c1\/Mul_fold_weight_quant' with!/),
  opts__merge_unknown_err: refused('quantizer-conflict', /Quant layer name 'input_inp_quant' inferred from layer_merge_list is unknown!/),
  opts__nospace: sameAs('OPT1', 'opts__q4_nofl'),
  opts__prefix: sameAs('OPT1', 'opts__q4_nofl'),
  opts__split_nodump: sameAs('QNT44', 'opts__split'),
  opts_bitacc_nobias__bitacc: refused(
    'quantizer-conflict',
    /Expected net\/c1\/Conv2D to be followed by LinearQuant op, instead got Relu op./,
  ),
  order__badshape: refused('shape-mismatch', /net\/c1\/Conv2D.*\[\?, 16, 16\]/),
  order__colon_q: refused('interface-invalid', /'input:0'/),
  order__colon_strip: refused('interface-invalid', /'input:0'/),
  order__empty_paren: mended('OPT1'),
  order__fold_after_rtn: refused('pipeline-order', /'fold_batch_norms' cannot be applied after 'remove_training_nodes'/),
  order__fold_first: refused('pipeline-order', /'fold_batch_norms' requires 'fix_input_shape' to be applied first/),
  order__fold_train_eval: refused('option-invalid', /No batch norm is in training mode/),
  order__inplace: refused('pipeline-order', /'fold_batch_norms_inplace' requires 'freeze_graph' to be applied first/),
  order__nocalib: refused('data-missing', /calibration/),
  order__nockpt: refused('variable-missing', /net\/c1\/weights/),
  order__nofile: refused('file-missing', /missing\.pb/),
  order__pre_first: refused('pipeline-order', /'preprocess_layers' requires 'fix_input_shape' to be applied first/),
  order__q_after_freeze: refused('pipeline-order', /'quantize' cannot be applied after 'freeze_graph'/),
  order__q_first: refused('pipeline-order', /'quantize' requires 'fix_input_shape' to be applied first/),
  order__q_nofold: refused('pipeline-order', /'quantize' requires 'fold_batch_norms' to be applied first/),
  order__q_nopre: refused('pipeline-order', /'quantize' requires 'preprocess_layers' to be applied first/),
  order__rtn_after_pre: refused('pipeline-order', /'remove_training_nodes' cannot be applied after 'preprocess_layers'/),
  order__unknown: refused('transform-unknown', /'nonsense'/),
  resource_vars__q8: mended('CAL10', 9),
  shared_weights__q8: mended('QNT21', 7),
  strip_two_inputs__strip: mended('STR1'),
  two_inputs__opt: mended('STR1'),
  two_inputs__q8: mended('CAL10', 11),
  unknown_placeholder__opt: mended('PRE8'),
  unknown_placeholder__q8: mended('PRE8', 7),
  zero_weights__q8: mended('CAL3', 5),
};
