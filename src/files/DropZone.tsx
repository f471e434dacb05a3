import { useEffect, useState } from 'react';
import { takeDrop } from '../actions/drop.ts';
import { useDocument } from '../state/document.ts';

/** Files may be dropped anywhere on the page. */
export function DropZone() {
  const [over, setOver] = useState<'page' | 'validation' | null>(null);
  const opened = useDocument((state) => state.summary !== null);
  useEffect(() => {
    // Enter and leave fire for every element passed; the count tells when the page itself was left.
    let depth = 0;
    const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
    const enter = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      depth++;
      setOver(dropPlace(event));
    };
    const leave = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(null);
    };
    const move = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = 'copy';
      setOver(dropPlace(event));
    };
    const drop = (event: DragEvent): void => {
      depth = 0;
      setOver(null);
      if (!carriesFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      void takeDrop(event.dataTransfer, dropPlace(event));
    };
    window.addEventListener('dragenter', enter);
    window.addEventListener('dragleave', leave);
    window.addEventListener('dragover', move);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragenter', enter);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('dragover', move);
      window.removeEventListener('drop', drop);
    };
  }, []);
  if (over === null) return null;
  return (
    <div className="drop-over" aria-hidden>
      <div className="drop-words">
        <b>{over === 'validation' ? 'Drop to validate on' : 'Drop to open'}</b>
        {opened && over === 'page' && (
          <span className="muted">A graph replaces the open one; a checkpoint, images or a recipe joins it.</span>
        )}
      </div>
    </div>
  );
}

/** Whether the pointer is over the place for a validation set; the words that are shown meanwhile lie above it. */
function dropPlace({ clientX, clientY }: DragEvent): 'page' | 'validation' {
  return document.elementsFromPoint(clientX, clientY).some((element) => element.closest('[data-drop="validation"]') !== null)
    ? 'validation'
    : 'page';
}
