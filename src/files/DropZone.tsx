import { useEffect, useState } from 'react';
import { takeDrop } from '../actions/drop.ts';
import { useDocument } from '../state/document.ts';

/** Files may be dropped anywhere on the page. */
export function DropZone() {
  const [over, setOver] = useState(false);
  const opened = useDocument((state) => state.summary !== null);
  useEffect(() => {
    // Enter and leave fire for every element passed; the count tells when the page itself was left.
    let depth = 0;
    const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
    const enter = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      depth++;
      setOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const move = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = 'copy';
    };
    const drop = (event: DragEvent): void => {
      depth = 0;
      setOver(false);
      if (!carriesFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      void takeDrop(event.dataTransfer);
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
  if (!over) return null;
  return (
    <div className="drop-over" aria-hidden>
      <div className="drop-words">
        <b>Drop to open</b>
        {opened && <span className="muted">A graph replaces the open one; a checkpoint, images or a recipe joins it.</span>}
      </div>
    </div>
  );
}
