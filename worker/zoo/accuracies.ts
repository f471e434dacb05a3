import type { PublishedAccuracy } from '../protocol.ts';

/** What Graffitist's README reports for ImageNet (facts 9), top-1 and top-5 in percent; detectors were published without. */
export const ACCURACIES: Readonly<Record<string, PublishedAccuracy>> = {
  vgg16: row([70.9, 89.8], [70.4, 89.7], [71.9, 90.5], [71.8, 90.5], [71.7, 90.4], [71.5, 90.3]),
  vgg19: row([71.0, 89.8], [70.4, 89.7], [71.8, 90.4], [71.7, 90.4], [71.7, 90.4], [71.2, 90.1]),
  resnet_v1_50: row([75.2, 92.2], [74.3, 91.7], [75.4, 92.5], [75.3, 92.3], [75.4, 92.3], [74.4, 91.7]),
  resnet_v1_101: row([76.4, 92.9], [74.8, 92.0], [76.6, 93.2], [76.3, 93.0], [76.4, 93.1], [75.7, 92.5]),
  resnet_v1_152: row([76.8, 93.2], [76.2, 93.0], [76.8, 93.3], [76.7, 93.3], [76.7, 93.3], [76.0, 93.0]),
  inception_v1: row([69.8, 89.6], [68.6, 88.9], [70.3, 90.0], [70.6, 90.3], [70.7, 90.2], [67.2, 88.2]),
  inception_v2: row([74.0, 91.8], [73.1, 91.3], [74.3, 92.2], [74.4, 92.3], [74.4, 92.4], [71.9, 90.8]),
  inception_v3: row([78.0, 93.9], [76.8, 93.3], [78.3, 94.2], [78.2, 94.1], [78.3, 94.3], [76.4, 93.1]),
  inception_v4: row([80.2, 95.2], [79.4, 94.6], [80.2, 95.2], [80.1, 95.3], [80.1, 95.2], [78.9, 94.7]),
  mobilenet_v1: row([71.0, 90.0], [0.6, 3.6], [71.1, 90.0], [67.0, 87.9], [71.1, 90.0], null),
  mobilenet_v2: row([70.1, 89.5], [0.3, 1.2], [71.7, 90.7], [68.2, 89.0], [71.8, 90.6], null),
  darknet19: row([73.0, 91.4], [68.7, 89.7], [74.4, 92.3], [72.9, 91.6], [74.5, 92.3], [73.2, 91.6]),
};

type Pair = PublishedAccuracy['float'];

function row(
  float: Pair,
  staticInt8: Pair,
  retrainedFloat: Pair,
  retrainedWeights: Pair,
  retrainedInt8: Pair,
  retrainedInt4: Pair | null,
): PublishedAccuracy {
  return { float, staticInt8, retrainedFloat, retrainedWeights, retrainedInt8, retrainedInt4 };
}
