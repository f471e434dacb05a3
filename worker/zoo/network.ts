import type { NetworkRecipe, Preprocessing, PublishedAccuracy } from '../protocol.ts';

/** How often each kind of layer stands between a network's input and its last layer. */
export interface LayerCounts {
  readonly Conv2D: number;
  readonly DepthwiseConv2dNative: number;
  readonly MatMul: number;
}

/** A row of the table: a network as its publishers export it. */
export interface Network {
  readonly name: string;
  readonly title: string;
  /** Outermost scope of its nodes. Another one, or one around it, is recognised too. */
  readonly scope: string;
  readonly input: string;
  readonly output: string;
  /** Height, width and channels that it was published for. */
  readonly shape: readonly number[];
  /** Their weights keep 8 bits where all others have 4. */
  readonly firstLayer: string;
  readonly lastLayer: string;
  /** More nodes that it has and its relatives do not. */
  readonly marks: readonly string[];
  readonly layers: LayerCounts;
  /** Networks of other depth under the same names are variants of it, not strangers. */
  readonly anyDepth: boolean;
  /** Output channels of the first layer. */
  readonly filters: number;
  /** Output channels of the last layer: classes, or what a detector says per cell. */
  readonly classes: readonly number[];
  readonly preprocessing: Preprocessing;
  /** Options of `quantize` in which it differs from every other network's. */
  readonly quantize: { readonly avgpool_bits?: number };
  readonly recipes: readonly NetworkRecipe[];
  readonly accuracy: PublishedAccuracy | null;
}
