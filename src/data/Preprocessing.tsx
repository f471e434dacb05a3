import { Check } from 'lucide-react';
import { useId } from 'react';
import type { ImageRuleName } from '../../worker/protocol.ts';
import { useCommand } from '../commands/useCommand.ts';
import { setImages, useData } from '../state/data.ts';
import { usePipeline } from '../state/pipeline.ts';
import { CustomRuleForm } from './CustomRuleForm.tsx';
import { RULE_WORDS, ruleNamed, ruleSentence } from './imageRuleWords.ts';

/** How a picture becomes what the network is fed, by name or spelled out, as a sentence; and whether the network agrees. */
export function Preprocessing() {
  const id = useId();
  const images = useData((state) => state.images);
  const suggested = useData((state) => state.summary?.images);
  const checked = useData((state) => state.checked);
  const shape = usePipeline((state) => state.request.interface.shape);
  const check = useCommand('check-data');
  const choose = (name: string): void => setImages(ruleNamed(name as ImageRuleName | 'custom', images));
  return (
    <>
      <div className="data-form">
        <label htmlFor={id}>Rule</label>
        <span className="data-field">
          <select id={id} className="field" value={images.name} onChange={(event) => choose(event.target.value)}>
            {Object.entries(RULE_WORDS).map(([name, words]) => (
              <option key={name} value={name}>
                {words}
              </option>
            ))}
          </select>
          {suggested !== undefined && images.name !== suggested.name && (
            <button type="button" className="link" onClick={() => setImages(suggested)}>
              back to {RULE_WORDS[suggested.name]}
            </button>
          )}
        </span>
      </div>
      {images.name === 'custom' && <CustomRuleForm rule={images} />}
      <p className="data-sentence">{ruleSentence(images, shape)}</p>
      <p className="data-actions">
        <button type="button" className="button small" disabled={!check.enabled} onClick={check.run}>
          Check data
        </button>
        {checked?.length === 0 && (
          <span className="ok data-verdict">
            <Check aria-hidden /> fits the network
          </span>
        )}
      </p>
    </>
  );
}
