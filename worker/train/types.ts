/** What one training step hands to whoever updates the variables. Everything is a copy of its own: nothing here lives on a backend. */
export interface StepResult {
  /** The loss head's value: cross-entropy, averaged over the batch. */
  readonly loss: number;
  /** Sum of the graph's regularization losses; 0 where it has none. */
  readonly regularization: number;
  /**
   * Derivatives of `loss` alone, by variable; thresholds are those of log2 t. A trainable variable that the loss does not depend on is
   * not in here; a frozen threshold (`freeze_th`) is, with 0.
   */
  readonly gradients: ReadonlyMap<string, Float32Array>;
  /** Derivatives of `regularization` alone, by variable; variables that are not regularized are not in here. */
  readonly regularizationGradients: ReadonlyMap<string, Float32Array>;
  /**
   * What the batch norms that are not frozen took of this batch, by batch norm node: mean, and variance as of a sample
   * (n / (n − 1) times the batch's), as TensorFlow hands both to the moving averages.
   */
  readonly batchStatistics: ReadonlyMap<string, BatchStatistics>;
  /** Row by row, one per image. */
  readonly logits: Float32Array;
}

/** Mean and variance per channel. */
export interface BatchStatistics {
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

/** What the logits are held against. */
export type Targets =
  /** One class per image. */
  | { readonly kind: 'labels'; readonly labels: Int32Array }
  /** One distribution per image, row by row: another network's softmax (distillation). */
  | { readonly kind: 'distributions'; readonly rows: Float32Array };

/** Variables by name as they stand before a step. */
export type VariableValues = ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;
