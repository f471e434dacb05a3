import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../../worker/execute/backend.ts';
import { referenceBackend } from '../../../worker/execute/backends/reference.ts';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import { describeShared } from '../../shared.ts';
import { differentiated, type FloatRun, FORMS, NETS, type Net, recordedOf } from './floatNets.ts';
import { crossings, passingLike } from './kinks.ts';
import { originalArithmetic } from './originalArithmetic.ts';

/*
 * Rounding decides on which side of a relu's kink a value lies that is nearly 0, and with it whether its part of a gradient is there. In the
 * arithmetic of the recording machine all lie where TensorFlow has them. In our own, of more than 400,000 values one or two lie on
 * the other side, within float32's rounding of it; where derivatives pass them as in the first run, gradients are the recorded ones again.
 */
describeShared('gradients of training graphs in float', () => {
  describe.each(['wasm', 'reference'] as const)('on %s', (name) => {
    let own: Backend;
    let inFloat32: Backend;
    beforeAll(async () => {
      own = await createBackend(name);
      inFloat32 = name === 'wasm' ? own : referenceBackend('float32');
    });
    afterAll(() => own.dispose());

    describe.each(Object.keys(NETS) as Net[])('%s', (net) => {
      let original: FloatRun;
      beforeAll(async () => {
        original = await differentiated(net, 'as exported', originalArithmetic(inFloat32));
      });

      it('GRD5 as exported, in the arithmetic of the machine that they were recorded on', () => {
        const recorded = recordedOf(net);
        expect(recorded.variables.length).toBeGreaterThan(60);
        recorded.expectForward(original, 1e-6);
        expect(recorded.farGradients(original.gradients)).toEqual([]);
      });

      it.each(Object.keys(FORMS) as (keyof typeof FORMS)[])('GRD5 %s, in our own', async (form) => {
        const recorded = recordedOf(net);
        const found = await differentiated(net, form, passingLike(own, original.kinks));
        recorded.expectForward(found, 1e-5);
        const crossed = crossings(found.kinks, original.kinks);
        console.log(
          'ROW',
          name,
          net,
          form,
          crossed,
          recorded.farGradients(found.gradients).length,
          found.kinks.length,
          original.kinks.length,
        );
        expect(recorded.farGradients(found.gradients)).toEqual([]);
        expect(own.memory()).toBe(0);
      });
    });
  });
});
