import { joinBytes } from '../../worker/formats/bytes.ts';
import { writeCheckpoint } from '../../worker/formats/checkpoint.ts';
import { shardName } from '../../worker/formats/checkpointFiles.ts';
import { writeCheckpointState } from '../../worker/formats/checkpointState.ts';
import { writeNpy } from '../../worker/formats/npy.ts';
import { graphBytes } from '../../worker/graph/graphFile.ts';
import { floats } from './attrs.ts';
import { buildGraph } from './graphs.ts';
import { drawImages, IMAGE_SIZE, networkInput } from './images.ts';
import { labelledArchive } from './labelled.ts';
import type { Lift } from './lift.ts';
import { metaGraphBytes } from './metaGraph.ts';
import { INPUT, OUTPUT, variableShapes, type Weights, weightOf } from './network.ts';
import { CALIBRATION_COUNT, SEED } from './plan.ts';
import { CLASSES } from './shapes.ts';

const NAME = 'shapes_mnv1';

/** Names of the sample's files. */
export const FILES = {
  frozen: `${NAME}_frozen.pb`,
  inference: `${NAME}_eval.pb`,
  training: `${NAME}.ckpt.meta`,
  index: `${NAME}.ckpt.index`,
  data: shardName(`${NAME}.ckpt`, 0, 1),
  state: 'checkpoint',
  calibration: 'calibration_set.npy',
  labelled: 'shapes_test.zip',
  lifts: 'lifts.json',
  sample: 'index.json',
} as const;

/** What `index.json` tells the page and the command line about the sample. */
export interface SampleIndex {
  readonly name: string;
  /** Evaluation graph with variables, to be opened with the checkpoint. */
  readonly graph: string;
  readonly checkpoint: readonly string[];
  /** The same network with its weights as constants: opens without a checkpoint. */
  readonly frozenGraph: string;
  readonly trainingGraph: string;
  readonly calibration: string;
  /** Labelled pictures, an archive of class folders. */
  readonly data: string;
  /** How the pictures become what the network is fed. */
  readonly preprocessing: 'signed';
  readonly interface: { readonly inputs: readonly string[]; readonly outputs: readonly string[]; readonly shape: readonly number[] };
  readonly classes: readonly string[];
}

/** Every generated file by name. `weights` are the lifted ones; nothing but them, the seed and the code goes into the files. */
export function sampleFiles(weights: Weights, lifts: readonly Lift[]): Map<string, Uint8Array> {
  const training = buildGraph('training', weights);
  const shapes = variableShapes();
  const tensors = new Map([...shapes].map(([name, shape]) => [name, floats(weightOf(weights, name), shape)]));
  const checkpoint = writeCheckpoint(tensors);
  return new Map([
    [FILES.frozen, joinBytes(graphBytes(buildGraph('frozen', weights).graph))],
    [FILES.inference, joinBytes(graphBytes(buildGraph('inference', weights).graph))],
    [FILES.training, metaGraphBytes(training.graph, training.lists)],
    [FILES.index, checkpoint.index],
    [FILES.data, joinBytes(checkpoint.data)],
    [FILES.state, text(writeCheckpointState({ current: `${NAME}.ckpt`, all: [`${NAME}.ckpt`] }))],
    [FILES.calibration, calibrationSet()],
    [FILES.labelled, labelledArchive()],
    [FILES.lifts, text(`[\n${lifts.map((lift) => `  ${JSON.stringify(lift)}`).join(',\n')}\n]\n`)],
    [FILES.sample, text(`${JSON.stringify(sampleIndex(), undefined, 2)}\n`)],
  ]);
}

function sampleIndex(): SampleIndex {
  return {
    name: 'Ten shapes (small MobileNet v1)',
    graph: FILES.inference,
    checkpoint: [FILES.index, FILES.data, FILES.state],
    frozenGraph: FILES.frozen,
    trainingGraph: FILES.training,
    calibration: FILES.calibration,
    data: FILES.labelled,
    preprocessing: 'signed',
    interface: { inputs: [INPUT], outputs: [OUTPUT], shape: [IMAGE_SIZE, IMAGE_SIZE, 3] },
    classes: CLASSES,
  };
}

/** [50, 32, 32, 3] float32 in [−1, 1], five pictures of each class. */
function calibrationSet(): Uint8Array {
  const { pixels } = drawImages(SEED, 'calibration', 0, CALIBRATION_COUNT);
  return writeNpy(floats(networkInput(pixels), [CALIBRATION_COUNT, IMAGE_SIZE, IMAGE_SIZE, 3]));
}

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}
