import { FilePlus2 } from 'lucide-react';
import { addFiles } from '../actions/open.ts';
import { pickFiles } from '../files/dropped.ts';
import { useDocument } from '../state/document.ts';
import { Tip } from '../ui/Tip.tsx';
import { TextField } from './TextField.tsx';

interface FileFieldProps {
  readonly id: string;
  /** The option, for the button's name. */
  readonly name: string;
  readonly value: string;
  readonly onChange: (name: string) => void;
}

/** The name of a text file: typed, one of the opened ones, or one that is added here. A name that is not among them is marked. */
export function FileField({ id, name, value, onChange }: FileFieldProps) {
  const files = useDocument((state) => state.summary?.files) ?? [];
  const names = files.filter(({ role }) => role === 'list' || role === 'unknown').map((file) => file.name);
  const missing = value !== '' && !names.includes(value.slice(value.lastIndexOf('/') + 1));
  const add = async (): Promise<void> => {
    const [file] = await pickFiles('files');
    if (file !== undefined && (await addFiles([file]))) onChange(file.name);
  };
  return (
    <span className="form-node">
      <TextField
        id={id}
        value={value}
        placeholder="none"
        suggestions={names}
        problem={missing ? 'Not among the opened files: add it.' : undefined}
        onChange={onChange}
      />
      <Tip text="Add a text file and use it here">
        <button type="button" className="button ghost small icon" aria-label={`Add file for ${name}…`} onClick={() => void add()}>
          <FilePlus2 />
        </button>
      </Tip>
    </span>
  );
}
