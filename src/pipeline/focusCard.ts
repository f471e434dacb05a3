/** Moves the focus to a card, or to the question on it, so that Enter answers it. */
export function focusCard(id: string): void {
  requestAnimationFrame(() => {
    const card = document.querySelector(`[data-step="${id}"]`);
    const target = card?.querySelector<HTMLElement>('[data-mend]') ?? card?.querySelector<HTMLElement>('.card-name');
    target?.focus();
  });
}
