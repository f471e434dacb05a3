/** Draws that wait, by what they draw; a later one takes the place of an earlier one. */
const waiting = new Map<object, () => void>();
let asked = false;

/**
 * Draws in an animation frame to come, one thing a frame: several charts that get their numbers at once must not take one frame together
 * while a person moves the graph.
 */
export function drawSoon(what: object, draw: () => void): void {
  waiting.set(what, draw);
  next();
}

/** What is gone is not drawn. */
export function drawNever(what: object): void {
  waiting.delete(what);
}

function next(): void {
  if (asked || waiting.size === 0) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    const [first] = waiting;
    if (first === undefined) return;
    waiting.delete(first[0]);
    first[1]();
    next();
  });
}
