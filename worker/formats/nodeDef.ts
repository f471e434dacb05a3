/**
 * A node as it stands in a file. Attributes stay encoded (`attrs`: name → bytes of its AttrValue) until someone asks.
 * `raw` are the exact bytes of the NodeDef message when the node came from a file unchanged: saving copies them.
 */
export interface NodeDef {
  readonly name: string;
  readonly op: string;
  /** As written: `name`, `name:port`, `^name`. */
  readonly inputs: readonly string[];
  readonly device: string;
  readonly attrs: ReadonlyMap<string, Uint8Array>;
  readonly raw: Uint8Array | undefined;
}
