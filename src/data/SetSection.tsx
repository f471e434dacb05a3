import { bytes, count, plural, shape } from '../format/numbers.ts';
import { useData } from '../state/data.ts';
import { CalibrationSetForm } from './CalibrationSetForm.tsx';
import { LabelFields } from './LabelFields.tsx';
import { Preprocessing } from './Preprocessing.tsx';
import { DataError, DataWarnings, LeftOutList } from './SetNotes.tsx';
import { Thumbnails } from './Thumbnails.tsx';

/** The open set: what it is, where its labels come from, how its pictures are read. */
export function SetSection() {
  const summary = useData((state) => state.summary);
  const checked = useData((state) => state.checked);
  if (summary === null) return null;
  return (
    <div className="data-set">
      <section className="data-column" aria-label="Data set">
        <h3 className="data-title">{summary.title}</h3>
        <p className="muted">
          {plural(summary.count, 'image')}
          {summary.labels !== null && summary.labels.classes !== null && ` · ${count(summary.labels.classes)} classes`}
          {summary.shape !== null && ` · ${shape(summary.shape)}`} · {bytes(summary.bytes)}
        </p>
        <DataError />
        <LabelFields labels={summary.labels} />
        <LeftOutList />
        <DataWarnings warnings={summary.warnings} />
      </section>
      <section className="data-column" aria-labelledby="data-preprocessing">
        <h3 id="data-preprocessing" className="data-title">
          Preprocessing
        </h3>
        {checked !== null && <DataWarnings warnings={checked} />}
        <Preprocessing />
      </section>
      <section className="data-column narrow" aria-labelledby="data-calibration">
        <h3 id="data-calibration" className="data-title">
          Calibration set
        </h3>
        <CalibrationSetForm />
      </section>
      <Thumbnails count={summary.count} names={summary.classNames} />
    </div>
  );
}
