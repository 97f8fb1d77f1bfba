import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useEffect, useState } from 'react';
import { LazyJsonEditor } from '../policy/lazy-editor.tsx';
import { useSession } from '../session/context.ts';
import type { DocumentFinding } from './check-document.ts';

const TYPES = { fault: 'error', error: 'error', warning: 'warning', note: 'info' } as const;
const NAMES = { fault: 'Fault', error: 'Error', warning: 'Warning', note: 'Note' } as const;

/** The text of an identity policy or a trust policy, checked as it is typed. */
export function DocumentEditor({
  label,
  kind,
  value,
  onChange,
}: {
  readonly label: string;
  readonly kind: 'identity-policy' | 'trust-policy';
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  const { session } = useSession();
  const [findings, setFindings] = useState<readonly DocumentFinding[]>([]);
  const [, partition = ''] = session.arn.split(':');
  useEffect(() => {
    let isCurrent = true;
    void import('./check-document.ts').then(({ checkDocument }) => {
      if (isCurrent) setFindings(checkDocument(value, kind, partition));
    });
    return () => {
      isCurrent = false;
    };
  }, [value, kind, partition]);
  return (
    <SpaceBetween size="s">
      <LazyJsonEditor
        ariaLabel={label}
        value={value}
        onChange={onChange}
        faults={findings.filter(({ severity }) => severity === 'fault' || severity === 'error')}
      />
      {findings.map(({ severity, line, column, message }) => (
        <div key={`${line} ${column} ${message}`}>
          <StatusIndicator type={TYPES[severity]}>{NAMES[severity]}</StatusIndicator>{' '}
          <span className="breaks-anywhere">
            Line {line}, column {column}: {message}
          </span>
        </div>
      ))}
    </SpaceBetween>
  );
}
