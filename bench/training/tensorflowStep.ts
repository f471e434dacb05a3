import { spawnSync } from 'node:child_process';

/** Ten steps of 24 images on two threads: cross-entropy, its gradients by all trained variables, Adam; the median in milliseconds. */
const SCRIPT = `
import json, sys, time
import numpy as np, tensorflow as tf
tf1 = tf.compat.v1
tf1.disable_eager_execution()
tf1.logging.set_verbosity(tf1.logging.ERROR)
meta, logits, batch = sys.argv[1], sys.argv[2], int(sys.argv[3])
saver = tf1.train.import_meta_graph(meta, clear_devices=True)
graph = tf1.get_default_graph()
labels = tf1.placeholder(tf.int64, [None])
scores = graph.get_tensor_by_name(logits + ':0')
loss = tf1.reduce_mean(tf1.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=scores))
with tf1.control_dependencies(tf1.get_collection(tf1.GraphKeys.UPDATE_OPS)):
    train = tf1.train.AdamOptimizer(1e-6).minimize(loss)
config = tf1.ConfigProto(intra_op_parallelism_threads=2, inter_op_parallelism_threads=2)
with tf1.Session(config=config) as session:
    session.run(tf1.global_variables_initializer())
    saver.restore(session, meta[:-len('.meta')])
    images = np.random.RandomState(0).uniform(-1, 1, [batch, 32, 32, 3]).astype('float32')
    feeds = {'input:0': images, labels: np.arange(batch) % 10}
    times = []
    for step in range(12):
        start = time.time()
        session.run([train, loss], feeds)
        times.append(1000 * (time.time() - start))
print(json.dumps({'ms': sorted(times[2:])[5], 'version': tf.__version__}))
`;

/** TensorFlow's time of a training step, or why there is none. */
export type TensorflowStep = { readonly ms: number; readonly version: string } | { readonly missing: string };

/**
 * The float network as it was exported for training, in the Python that TENSORFLOW_PYTHON names, else `python3`: TensorFlow has no
 * LinearQuant, so that its step does less than ours.
 */
export function tensorflowStep(meta: string, logits: string, batch: number): TensorflowStep {
  const python = process.env.TENSORFLOW_PYTHON ?? 'python3';
  const found = spawnSync(python, ['-c', 'import tensorflow'], { stdio: 'ignore' });
  if (found.status !== 0) return { missing: `'${python}' has no TensorFlow; name one that has with TENSORFLOW_PYTHON` };
  const { status, stdout, stderr } = spawnSync(python, ['-c', SCRIPT, meta, logits, String(batch)], { encoding: 'utf8' });
  if (status !== 0) return { missing: `TensorFlow failed: ${stderr.trim().split('\n').at(-1)}` };
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { readonly ms: number; readonly version: string };
}
