import { Check } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { BackendInfo } from '../../worker/protocol.ts';
import { chooseBackend } from '../actions/backend.ts';
import { useBackends } from '../state/backend.ts';

/** The backend in use, always shown, and the choice. */
export function BackendChip() {
  const list = useBackends((state) => state.list);
  const current = list.find((backend) => backend.inUse);
  if (current === undefined) return null;
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="button ghost chip" aria-label={`Backend: ${current.description}`}>
        <i className={current.software ? 'dot warning' : 'dot'} />
        <span className="clip">{current.description}</span>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="surface menu" align="end" sideOffset={4} collisionPadding={6}>
          <DropdownMenu.Label className="menu-label">Compute on</DropdownMenu.Label>
          {list.map((backend) => (
            <DropdownMenu.Item
              key={backend.name}
              className="menu-item"
              disabled={!backend.available}
              onSelect={() => void chooseBackend(backend.name)}
            >
              <span className="text">
                {backend.description}
                <small>{remark(backend)}</small>
              </span>
              {backend.inUse && <Check aria-label="in use" />}
            </DropdownMenu.Item>
          ))}
          <p className="menu-foot muted">Thresholds and outputs are the same on every backend. A change takes effect on the next job.</p>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function remark(backend: BackendInfo): string {
  if (!backend.available) return 'not available in this browser';
  switch (backend.name) {
    case 'webgpu':
      return backend.software ? 'a software adapter: correct and slow' : 'on the graphics processor';
    case 'wasm':
      return 'on the processor, one worker per core';
    case 'reference':
      return 'plain float64, for proofs: very slow';
  }
}
