/**
 * The canvas: draws `engine().scene` of the stage and reading in `state/view.ts`, answers clicks with `clickNode` of
 * `state/selection.ts`, follows its `focus`, `touched` and `hoveredGroup`, and registers `state/canvas.ts` controls.
 */
export function GraphView() {
  return null;
}
