/** A value that lives on one backend; its contents are the backend's own. */
export interface Value {
  readonly dtype: 'float32' | 'float64' | 'int32' | 'bool' | 'int64' | 'uint8';
  readonly shape: readonly number[];
}

/** The primitives that ops are written in; every backend offers all of them. */
export interface Kernels {
  relu(x: Value): Value;
}
