/** What a quantizer sits on, after facts 3.7.2 and 3.7.3. */
export type QuantizerKind = 'input' | 'weight' | 'bias' | 'layer' | 'biasadd' | 'activation' | 'eltwise' | 'rescale' | 'avgpool' | 'leaky';

export type Rounding = 'round' | 'floor' | 'ceil';

/** A quantizer as read back FROM a graph: an opened quantized file gives the same list as one just made. */
export interface Quantizer {
  /** Scope of its nodes, e.g. `net/c1/Relu_act_quant`. */
  readonly name: string;
  /** Its LinearQuant node. */
  readonly node: string;
  /** The node whose output it quantizes. */
  readonly source: string;
  readonly kind: QuantizerKind;
  /** Magnitude; `signed` tells the rest (the original writes -8 for signed 8 bits). */
  readonly bits: number;
  readonly signed: boolean;
  readonly rounding: Rounding;
  /** Name of the variable or constant that holds log2 t. */
  readonly threshold: string;
  /** The same name where several quantizers share it, else undefined. */
  readonly group: string | undefined;
  /** log2 t where the graph itself holds it as a constant. */
  readonly constantLog2: number | undefined;
}
