/** EXP14: what a graph's file calls its network: `x` of `x.pb`, of `x.pbtxt`, and of `x.ckpt.meta`, `x.ckpt-5000.meta`, which a checkpoint is named in. */
export function documentName(graphFile: string): string {
  return graphFile.replace(/\.[^.]*$/, '').replace(/\.ckpt(-\d+)?$/, '');
}
