import type { ShortName } from './shortName.ts';

/** A short name that is cut in its middle where there is no room. */
export function NameText({ name: [start, end] }: { name: ShortName }) {
  return (
    <span className="short-name">
      <span className="clip">{start}</span>
      <span className="short-end">{end}</span>
    </span>
  );
}
