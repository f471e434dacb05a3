import { prepareRule } from '../worker/data/imageRule.ts';
import { preprocess } from '../worker/data/preprocess.ts';
import { resizeBilinear } from '../worker/data/resize.ts';
import { drawnPicture } from './unit/data/drawnPicture.ts';

const p = drawnPicture(375, 500);
for (const [n, s] of [
  ['inception', 128],
  ['inception', 224],
  ['vgg', 224],
  ['mobilenet-caffe', 224],
] as const) {
  const rule = prepareRule({ name: n }, [s, s, 3]);
  const out = new Float32Array(s * s * 3);
  let best = 1e9;
  for (let k = 0; k < 200; k++) {
    const a = performance.now();
    preprocess(p, rule, out, 0);
    best = Math.min(best, performance.now() - a);
  }
  let b2 = 1e9;
  for (let k = 0; k < 100; k++) {
    const a = performance.now();
    resizeBilinear(p, {
      from: { top: 0, left: 0, height: 375, width: 500 },
      height: s,
      width: s,
      window: { top: 0, left: 0, height: s, width: s },
    });
    b2 = Math.min(b2, performance.now() - a);
  }
  console.log(n, s, best.toFixed(2), 'resize', b2.toFixed(2));
}
