/**
 * Every error that a person can meet. One code per cause; page and command line print the same text.
 *
 * `cause` says in one sentence what is wrong, `about` names the file, byte, node or option, `remedy` says what to do next.
 */
export class GraffitistError extends Error {
  readonly code: ErrorCode;
  readonly about: string | undefined;
  readonly remedy: string | undefined;

  constructor(code: ErrorCode, cause: string, details: { about?: string; remedy?: string } = {}) {
    super(cause);
    this.name = 'GraffitistError';
    this.code = code;
    this.about = details.about;
    this.remedy = details.remedy;
  }
}

/** The closed list of causes. Add one where a new cause appears; never reuse one for two. */
export type ErrorCode =
  // files
  | 'file-missing'
  | 'file-not-written'
  | 'file-truncated'
  | 'file-not-graphdef'
  | 'file-unsupported'
  | 'file-too-large'
  | 'text-malformed'
  | 'saved-model-tag'
  | 'saved-model-signature'
  | 'checkpoint-corrupt'
  | 'checkpoint-missing'
  | 'checkpoint-calibrated'
  | 'npy-malformed'
  | 'zip-malformed'
  | 'image-unreadable'
  | 'tfrecord-malformed'
  // graphs
  | 'graph-duplicate-name'
  | 'graph-dangling-input'
  | 'graph-cycle'
  | 'graph-control-flow'
  | 'node-missing'
  | 'node-malformed'
  | 'op-unsupported'
  | 'op-not-differentiable'
  | 'op-training'
  | 'shape-mismatch'
  // interface, pipeline, options
  | 'interface-invalid'
  | 'pipeline-order'
  | 'transform-unknown'
  | 'option-unknown'
  | 'option-invalid'
  | 'recipe-invalid'
  | 'quantizer-conflict'
  // execution, calibration
  | 'variable-missing'
  | 'input-unfed'
  | 'data-missing'
  | 'data-shape'
  | 'data-not-finite'
  | 'data-differs'
  | 'label-missing'
  | 'label-invalid'
  | 'csv-malformed'
  | 'threshold-missing'
  | 'training-diverged'
  | 'training-state'
  | 'backend-unavailable'
  | 'memory-budget'
  | 'worker-failed'
  | 'cancelled'
  | 'internal';

/** The plain form of an error: what crosses a worker boundary and what the log keeps. */
export interface ErrorInfo {
  readonly code: ErrorCode;
  readonly cause: string;
  readonly about?: string;
  readonly remedy?: string;
}

/** Plain form of any thrown value; what is not a GraffitistError is reported as `internal` with its own message. */
export function errorInfo(error: unknown): ErrorInfo {
  if (error instanceof GraffitistError) {
    return {
      code: error.code,
      cause: error.message,
      ...(error.about === undefined ? {} : { about: error.about }),
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    };
  }
  return { code: 'internal', cause: error instanceof Error ? error.message : String(error) };
}

/** One line for a terminal, a card or the log: cause, what it is about, the way out. */
export function errorText(info: ErrorInfo): string {
  const about = info.about === undefined ? '' : `${info.about}: `;
  const remedy = info.remedy === undefined ? '' : ` ${info.remedy}`;
  return `${about}${info.cause}${remedy}`;
}
