import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import type { ConvGeometry } from '../../ops/kernels.ts';

type Program = Parameters<WebGPUBackend['runWebGPUProgram']>[0];

const WORKGROUP = 64;
/** Pixels that one invocation adds up. */
const RUN = 64;

/**
 * The derivative of a depthwise convolution by its filter: one program for parts over runs of pixels, one for their sums, where taps one by
 * one take four each.
 * @param shape of the filter: rows, columns, channels, multiplier
 */
export function depthwiseFilterGrad(x: tf.Tensor, dy: tf.Tensor, shape: readonly number[], geometry: ConvGeometry): tf.Tensor {
  const [rows = 1, columns = 1, channels = 1, multiplier = 1] = shape;
  const { strides, dilations, padding } = geometry;
  const [images = 1, height = 1, width = 1] = dy.shape;
  const parts = Math.max(1, Math.ceil((images * height * width) / RUN));
  const uniforms = [[rows, columns], strides, dilations, [padding[0][0], padding[1][0]], [parts], [multiplier]].map((data) => ({
    type: 'int32',
    data: [...data],
  }));
  return tf.tidy(() => {
    const program = partsProgram([rows * columns * channels * multiplier, parts]);
    const info = (tf.backend() as WebGPUBackend).runWebGPUProgram(program, [x, dy], 'float32', uniforms);
    return tf.reshape(tf.sum(tf.engine().makeTensorFromTensorInfo(info), 1), [...shape]);
  });
}

/** Invocations side by side take channels side by side, which lie so in x and dy; parts of one weight lie side by side in what is added. */
function partsProgram(outputShape: [number, number]): Program {
  return {
    variableNames: ['x', 'dy'],
    uniforms: 'taps : vec2<i32>, strides : vec2<i32>, dilations : vec2<i32>, before : vec2<i32>, parts : i32, multiplier : i32,',
    workgroupSize: [WORKGROUP, 1, 1],
    size: true,
    outputShape,
    dispatchLayout: { x: [0, 1] },
    dispatch: [Math.ceil((outputShape[0] * outputShape[1]) / WORKGROUP), 1, 1],
    shaderKey: 'depthwise_filter_parts',
    getUserCode: () => `
      fn main(index : i32) {
        if (index < uniforms.size) {
          let channels = uniforms.dyShape[3];
          let channel = index % channels;
          let tap = (index / channels) % (uniforms.taps.x * uniforms.taps.y);
          let part = index / (channels * uniforms.taps.x * uniforms.taps.y);
          let offset = vec2<i32>(tap / uniforms.taps.y, tap % uniforms.taps.y) * uniforms.dilations - uniforms.before;
          let pixels = uniforms.dyShape[0] * uniforms.dyShape[1] * uniforms.dyShape[2];
          var sum = 0.0;
          for (var at = part * ${RUN}; at < min((part + 1) * ${RUN}, pixels); at = at + 1) {
            let row = at / uniforms.dyShape[2];
            let place = vec2<i32>(row % uniforms.dyShape[1], at % uniforms.dyShape[2]) * uniforms.strides + offset;
            if (place.x >= 0 && place.x < uniforms.xShape[1] && place.y >= 0 && place.y < uniforms.xShape[2]) {
              let line = (row / uniforms.dyShape[1]) * uniforms.xShape[1] + place.x;
              let pixel = line * uniforms.xShape[2] + place.y;
              sum = sum + x[pixel * uniforms.xShape[3] + channel / uniforms.multiplier] * dy[at * channels + channel];
            }
          }
          setOutputAtIndex((tap * channels + channel) * uniforms.parts + part, sum);
        }
      }
    `,
  };
}
