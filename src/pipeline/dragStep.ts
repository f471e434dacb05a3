import type { PointerEvent as ReactPointerEvent } from 'react';
import type { PipelineStep } from '../../worker/protocol.ts';
import { checkRequest, mend } from '../actions/pipeline.ts';
import { type Drag, type DragSource, useDrag } from '../state/drag.ts';
import { insertSteps, moved, moveStep, newStep, usePipeline } from '../state/pipeline.ts';
import { focusCard } from './focusCard.ts';

/** Marks the element whose children with `data-step` are the cards, in order. */
export const PIPELINE_LIST = 'data-pipeline-list';

/** A press becomes a drag after this many pixels; before that it is a click. */
const DRAG_DISTANCE = 4;
const SCROLL_EDGE = 36;
const SCROLL_STEP = 10;

/**
 * Starts to follow the pointer from a press on a palette entry or a card. While it moves, the store tells where it would land and
 * why it may not; Enter accepts what is missing, Escape puts everything back.
 */
export function startDrag(event: ReactPointerEvent, source: DragSource): void {
  if (event.button !== 0) return;
  const startX = event.clientX;
  const startY = event.clientY;
  const pressed = event.currentTarget;
  let dragging = false;
  let checked: number | null = null;

  const move = (at: PointerEvent): void => {
    if (!dragging) {
      if (Math.hypot(at.clientX - startX, at.clientY - startY) < DRAG_DISTANCE) return;
      dragging = true;
      document.documentElement.classList.add('dragging');
    }
    scrollNear(at.clientY);
    const index = landing(at.clientX, at.clientY);
    const fault = index === checked ? (useDrag.getState().drag?.fault ?? null) : null;
    useDrag.setState({ drag: { source, x: at.clientX, y: at.clientY, index, fault } });
    if (index !== null && index !== checked) void check(source, index);
    checked = index;
  };
  const end = (): void => {
    window.removeEventListener('pointermove', move);
    window.removeEventListener('pointerup', up);
    window.removeEventListener('pointercancel', end);
    window.removeEventListener('keydown', key, true);
    document.documentElement.classList.remove('dragging');
    useDrag.setState({ drag: null });
  };
  const up = (at: PointerEvent): void => {
    const drag = useDrag.getState().drag;
    end();
    if (!dragging) return;
    // The press ends on the element where it began when the pointer comes back: that must not count as a click.
    pressed.addEventListener('click', swallow, { capture: true, once: true });
    setTimeout(() => pressed.removeEventListener('click', swallow, { capture: true }));
    const id = drag === null ? null : drop({ ...drag, index: landing(at.clientX, at.clientY) });
    // With the focus on the card, or on the question that it now asks, Enter answers it.
    if (id !== null) void checkRequest(usePipeline.getState().request).then(() => focusCard(id));
  };
  const key = (pressedKey: KeyboardEvent): void => {
    const drag = useDrag.getState().drag;
    if (drag === null || (pressedKey.key !== 'Escape' && pressedKey.key !== 'Enter')) return;
    pressedKey.preventDefault();
    pressedKey.stopPropagation();
    end();
    if (pressedKey.key === 'Enter') {
      const id = drop(drag);
      if (id !== null && drag.fault !== null) mend({ ...drag.fault, step: id });
    }
  };
  window.addEventListener('pointermove', move);
  window.addEventListener('pointerup', up);
  window.addEventListener('pointercancel', end);
  window.addEventListener('keydown', key, true);
}

const swallow = (event: Event): void => event.stopPropagation();

/** Position among the cards for a pointer over the left panel; null elsewhere. */
function landing(x: number, y: number): number | null {
  const list = document.querySelector(`[${PIPELINE_LIST}]`);
  if (list === null) return null;
  const bounds = list.getBoundingClientRect();
  if (x < bounds.left - 12 || x > bounds.right + 12 || y < bounds.top - 48) return null;
  const cards = Array.from(list.querySelectorAll('[data-step]'), (card) => card.getBoundingClientRect());
  const after = cards.findIndex((card) => y < card.top + card.height / 2);
  return after < 0 ? cards.length : after;
}

function scrollNear(y: number): void {
  const scroller = document.querySelector(`[${PIPELINE_LIST}]`)?.closest('.left-scroll');
  if (!(scroller instanceof HTMLElement)) return;
  const bounds = scroller.getBoundingClientRect();
  if (y > bounds.bottom - SCROLL_EDGE) scroller.scrollTop += SCROLL_STEP;
  else if (y < bounds.top + SCROLL_EDGE) scroller.scrollTop -= SCROLL_STEP;
}

/** Id of the card that a palette entry would become, while it is only tried. */
const TRIED = 'tried';

function stepsWith(source: DragSource, index: number): { steps: readonly PipelineStep[]; id: string } {
  const { steps } = usePipeline.getState().request;
  if (source.kind === 'card') return { steps: moved(steps, source.id, index), id: source.id };
  const tried: PipelineStep = { id: TRIED, transform: source.transform, options: {}, bypassed: false };
  return { steps: [...steps.slice(0, index), tried, ...steps.slice(index)], id: TRIED };
}

async function check(source: DragSource, index: number): Promise<void> {
  const { request } = usePipeline.getState();
  const { steps, id } = stepsWith(source, index);
  const faults = await checkRequest({ ...request, steps });
  const fault = faults.find((found) => found.step === id) ?? null;
  useDrag.setState(({ drag }) => (drag !== null && drag.index === index ? { drag: { ...drag, fault } } : {}));
}

/** @returns the id of the card that was placed; null where the pointer was not over the pipeline */
function drop({ source, index }: Drag): string | null {
  if (index === null) return null;
  if (source.kind === 'card') {
    moveStep(source.id, index);
    return source.id;
  }
  const step = newStep(source.transform);
  insertSteps(index, [step]);
  return step.id;
}
