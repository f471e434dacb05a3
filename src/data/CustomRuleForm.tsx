import { type ReactNode, useId } from 'react';
import type { CustomImageRule } from '../../worker/protocol.ts';
import { TextField } from '../pipeline/TextField.tsx';
import { setImages } from '../state/data.ts';
import { parseNumbers, parseSize } from './imageRuleWords.ts';

const CROPS = { none: 'none', central: 'central share', 'short-side': 'short side' } as const;

/** The parts of a rule of one's own; what makes no sense is not taken, and the field goes back. */
export function CustomRuleForm({ rule }: { rule: CustomImageRule }) {
  const set = (change: Partial<CustomImageRule>): void => setImages({ ...rule, ...change });
  const { crop } = rule;
  const cropped = (kind: string): void => {
    if (kind === 'central') set({ crop: { kind, share: 0.875 } });
    else if (kind === 'short-side') set({ crop: { kind, pixels: 256 } });
    else set({ crop: { kind: 'none' } });
  };
  const resize = (text: string): void => {
    const size = parseSize(text);
    const { size: _former, ...others } = rule;
    if (size !== undefined) setImages(size === null ? others : { ...others, size });
  };
  const numbers =
    (field: 'mean' | 'scale') =>
    (text: string): void => {
      const values = parseNumbers(text);
      if (values !== undefined) set({ [field]: values });
    };
  return (
    <div className="data-form">
      <Row label="Crop">
        {(id) => (
          <>
            <select id={id} className="field" value={crop.kind} onChange={(event) => cropped(event.target.value)}>
              {Object.entries(CROPS).map(([kind, words]) => (
                <option key={kind} value={kind}>
                  {words}
                </option>
              ))}
            </select>
            {crop.kind === 'central' && (
              <NumberField
                name="Share of both sides"
                value={crop.share}
                onChange={(share) => share > 0 && share <= 1 && set({ crop: { kind: 'central', share } })}
              />
            )}
            {crop.kind === 'short-side' && (
              <NumberField
                name="Pixels of the short side"
                value={crop.pixels}
                onChange={(pixels) => Number.isInteger(pixels) && pixels > 0 && set({ crop: { kind: 'short-side', pixels } })}
              />
            )}
          </>
        )}
      </Row>
      <Row label="Size">{(id) => <TextField id={id} value={rule.size?.join('×') ?? ''} placeholder="the input’s" onChange={resize} />}</Row>
      <Row label="Channels">
        {(id) => (
          <select
            id={id}
            className="field"
            value={rule.channels}
            onChange={(event) => set({ channels: event.target.value as CustomImageRule['channels'] })}
          >
            <option value="rgb">red, green, blue</option>
            <option value="bgr">blue, green, red</option>
            <option value="grey">grey</option>
          </select>
        )}
      </Row>
      <Row label="Divisor">
        {(id) => (
          <TextField
            id={id}
            value={String(rule.divisor)}
            placeholder="1"
            onChange={(text) => {
              const divisor = Number(text);
              if (Number.isFinite(divisor) && divisor !== 0) set({ divisor });
            }}
          />
        )}
      </Row>
      <Row label="Mean">{(id) => <TextField id={id} value={rule.mean.join(', ')} placeholder="0" onChange={numbers('mean')} />}</Row>
      <Row label="Scale">{(id) => <TextField id={id} value={rule.scale.join(', ')} placeholder="1" onChange={numbers('scale')} />}</Row>
    </div>
  );
}

function Row({ label, children }: { label: string; children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <>
      <label htmlFor={id}>{label}</label>
      <span className="data-field">{children(id)}</span>
    </>
  );
}

function NumberField({ name, value, onChange }: { name: string; value: number; onChange: (value: number) => void }) {
  const id = useId();
  return (
    <span className="data-number">
      <label className="visually-hidden" htmlFor={id}>
        {name}
      </label>
      <TextField id={id} value={String(value)} placeholder="" onChange={(text) => onChange(Number(text))} />
    </span>
  );
}
