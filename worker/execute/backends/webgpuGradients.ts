import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { GraffitistError } from '../../errors.ts';
import type { ConvGeometry, Kernels, QuantRule, RoundingMode, Value, ValueType } from '../../ops/kernels.ts';
import { quantConstants } from '../fakeQuant.ts';
import { pads, type TfValue } from './tfjs.ts';
import { depthwiseFilterGrad } from './webgpuDepthwise.ts';

type Program = Parameters<WebGPUBackend['runWebGPUProgram']>[0];

const WORKGROUP = 64;
/** Elements whose parts of a derivative one invocation adds up. */
const RUN = 64;

type Composed = Omit<Kernels, 'linearQuantGrad'>;
type Overridden = 'linearQuantGrad' | 'conv2dInputGrad' | 'depthwiseConv2dInputGrad' | 'depthwiseConv2dFilterGrad';

/**
 * Derivatives as programs of their own: those of the quantizer, and the library's by images, one program each where they are composed of
 * many. Its programs by filters go through a whole batch in one invocation per weight; composed ones multiply matrices instead.
 * Its MaxPoolGrad gives equal largest elements of a window more than their share.
 */
export function webgpuGradients(composed: Composed): Pick<Kernels, Overridden> {
  const of = (x: Value): tf.Tensor => (x as TfValue).tensor;
  const run = (program: Program, inputs: readonly tf.Tensor[], uniforms: readonly number[]): tf.Tensor => {
    const data = uniforms.map((value) => ({ type: 'float32', data: [value] }));
    const info = (tf.backend() as WebGPUBackend).runWebGPUProgram(program, [...inputs], 'float32', data);
    return tf.engine().makeTensorFromTensorInfo(info);
  };
  const kernel = (name: string, inputs: tf.NamedTensorMap, attrs: Record<string, unknown>, dtype: ValueType): Value => {
    const tensor = tf.engine().runKernel(name, inputs, attrs as unknown as tf.NamedAttrMap) as tf.Tensor;
    return { dtype, shape: tensor.shape, tensor } as TfValue;
  };
  return {
    conv2dInputGrad: (dy, filter, inputShape, geometry) => {
      if (!isPlain(geometry)) return composed.conv2dInputGrad(dy, filter, inputShape, geometry);
      const attrs = { strides: geometry.strides, pad: pads(geometry.padding), dataFormat: 'NHWC', inputShape: [...inputShape] };
      return kernel('Conv2DBackpropInput', { dy: of(dy), filter: of(filter) }, attrs, dy.dtype);
    },
    depthwiseConv2dInputGrad: (dy, filter, inputShape, geometry) => {
      if (!isPlain(geometry)) return composed.depthwiseConv2dInputGrad(dy, filter, inputShape, geometry);
      const attrs = { strides: geometry.strides, dilations: [1, 1], pad: pads(geometry.padding), inputShape: [...inputShape] };
      return kernel('DepthwiseConv2dNativeBackpropInput', { dy: of(dy), filter: of(filter) }, attrs, dy.dtype);
    },
    depthwiseConv2dFilterGrad: (x, dy, shape, geometry) => {
      const tensor = depthwiseFilterGrad(of(x), of(dy), shape, geometry);
      return { dtype: dy.dtype, shape: tensor.shape, tensor } as TfValue;
    },
    linearQuantGrad: (x, dy, rule) => {
      const { inverse, min, max, tiny, exact } = quantConstants(rule);
      if (min === 0 && max === 0) {
        return {
          x: { dtype: x.dtype, shape: x.shape, tensor: of(dy).clone() } as TfValue,
          scale: { dtype: x.dtype, shape: [], tensor: tf.scalar(0) } as TfValue,
        };
      }
      if (!exact) throw inexactScale(rule);
      const uniforms = [inverse, min, max, tiny];
      const slope = run(slopeProgram(x.shape, rule.rounding), [of(x), of(dy)], uniforms);
      const scale = tf.tidy(() => tf.sum(run(scaleProgram(x.shape, rule.rounding), [of(x), of(dy)], uniforms)));
      return {
        x: { dtype: x.dtype, shape: x.shape, tensor: slope } as TfValue,
        scale: { dtype: x.dtype, shape: [], tensor: scale } as TfValue,
      };
    },
  };
}

/** The library's derivatives know no dilations. */
function isPlain({ dilations }: ConvGeometry): boolean {
  return dilations[0] === 1 && dilations[1] === 1;
}

/** `op-unsupported`: WGSL promises no exact division. */
export function inexactScale({ scale }: QuantRule): GraffitistError {
  return new GraffitistError('op-unsupported', `A quantizer has the scale ${scale}, which is not a power of two.`, {
    remedy: 'Choose the wasm backend: WebGPU does not promise exact division.',
  });
}

/** x / s and its rounded code; what a device might flush is zero, told by its bits. NaN counts as within the limits, as on the CPU. */
const codeOf = (rounding: RoundingMode): string => `
  let value = x[i];
  let magnitude = bitcast<u32>(value) & 0x7fffffffu;
  let ratio = select(value * uniforms.inverse, 0.0, magnitude < bitcast<u32>(uniforms.tiny));
  let code = ${rounding}(ratio);
  let isNumber = magnitude <= 0x7f800000u;
  let below = isNumber && code < uniforms.low;
  let above = isNumber && code > uniforms.high;`;

const COMMON = { variableNames: ['x', 'dy'], uniforms: 'inverse : f32, low : f32, high : f32, tiny : f32,', size: true } as const;

/** dy where the code lies within the limits. */
function slopeProgram(shape: readonly number[], rounding: RoundingMode): Program {
  const count = shape.reduce((product, length) => product * length, 1);
  return {
    ...COMMON,
    variableNames: [...COMMON.variableNames],
    workgroupSize: [WORKGROUP, 1, 1],
    outputShape: [...shape],
    dispatchLayout: { x: shape.map((_, axis) => axis) },
    dispatch: [Math.ceil(count / WORKGROUP), 1, 1],
    shaderKey: `linear_quant_slope_${rounding}`,
    getUserCode: () => `
      fn main(index : i32) {
        if (index < uniforms.size) {
          let i = index;
          ${codeOf(rounding)}
          setOutputAtIndex(index, select(dy[i], 0.0, below || above));
        }
      }
    `,
  };
}

/** The scale's derivative in parts, each over a run of elements that lie one after the other. */
function scaleProgram(shape: readonly number[], rounding: RoundingMode): Program {
  const count = shape.reduce((product, length) => product * length, 1);
  const parts = Math.max(1, Math.ceil(count / RUN));
  return {
    ...COMMON,
    variableNames: [...COMMON.variableNames],
    workgroupSize: [WORKGROUP, 1, 1],
    outputShape: [parts],
    dispatchLayout: { x: [0] },
    dispatch: [Math.ceil(parts / WORKGROUP), 1, 1],
    shaderKey: `linear_quant_scale_${rounding}_${count}`,
    getUserCode: () => `
      fn main(index : i32) {
        if (index < uniforms.size) {
          var sum = 0.0;
          for (var i = index * ${RUN}; i < min((index + 1) * ${RUN}, ${count}); i = i + 1) {
            ${codeOf(rounding)}
            sum = sum + dy[i] * select(select(code - ratio, uniforms.high, above), uniforms.low, below);
          }
          setOutputAtIndex(index, sum);
        }
      }
    `,
  };
}
