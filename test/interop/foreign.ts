import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Backend } from '../../worker/execute/backend.ts';
import { hasShared, shared } from '../sharedFolder.ts';
import type { Check } from './checks.ts';
import { enginesAnswer } from './enginesAnswer.ts';
import type { Form } from './table.ts';

/**
 * The checks on files that TensorFlow and the original wrote: what they find in these they must find in ours, and the engine computes
 * what TensorFlow computes before anything was rewritten.
 */
export async function foreignChecks(root: string, backend: Backend): Promise<Check[]> {
  if (!hasShared) return [];
  const checks: Check[] = [];
  for (const network of ['small_mobilenet_v2']) {
    const folder = shared('cases/nets', network);
    const checkpoint = path.join(folder, `${network}.ckpt`);
    const answers = await enginesAnswer(
      path.join(folder, `${network}_eval.pb`),
      checkpoint,
      path.join(root, `${network}_answers.npz`),
      backend,
    );
    const forms: readonly (readonly [Form, string])[] = [
      ['pb', `${network}_eval.pb`],
      ['pbtxt', `${network}_eval.pbtxt`],
      ['saved_model', 'saved_model/saved_model.pb'],
    ];
    for (const [form, file] of forms) {
      if (!existsSync(path.join(folder, file))) continue;
      checks.push({
        name: `TensorFlow's own ${network}, ${form}`,
        kind: 'graph',
        form,
        file: path.join(folder, file),
        checkpoint: form === 'saved_model' ? null : checkpoint,
        answers,
      });
    }
    checks.push({
      name: `TensorFlow's own ${network}, meta`,
      kind: 'graph',
      form: 'meta',
      file: path.join(folder, `${network}_train.meta`),
      checkpoint,
      answers: null,
    });
  }
  return checks;
}
