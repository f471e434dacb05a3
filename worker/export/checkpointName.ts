/** Facts 6.1: `x.ckpt` → `x_graffitist.ckpt`, a frozen model → `frozen_model_graffitist.ckpt`; a step number or what earlier runs added goes. */
export function graffitistName(checkpoint: string | null): string {
  if (checkpoint === null) return 'frozen_model_graffitist.ckpt';
  return `${bareName(checkpoint)}_graffitist.ckpt`;
}

/** EXP12: `x.ckpt` → `x_fastmode.ckpt`, where the original writes shifted thresholds; a step number goes. */
export function fastModeName(checkpoint: string): string {
  const calibrated = /_graffitist(_fastmode)?(\.ckpt)?(-\d+)?$/.test(checkpoint) ? '_graffitist' : '';
  return `${bareName(checkpoint)}${calibrated}_fastmode.ckpt`;
}

/** A checkpoint's name without step number, ending and what earlier runs added. */
function bareName(checkpoint: string): string {
  return checkpoint
    .replace(/-\d+$/, '')
    .replace(/\.ckpt$/, '')
    .replace(/(_graffitist)?(_fastmode)?$/, '');
}
