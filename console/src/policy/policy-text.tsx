import Alert from '@cloudscape-design/components/alert';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { CompletionSource } from '@codemirror/autocomplete';
import { useEffect, useMemo, useState } from 'react';
import type { ApiError } from '../api/errors.ts';
import { listPrincipals } from '../identities/principals.ts';
import { useSession } from '../session/context.ts';
import { faultsOf } from './faults.ts';
import { LazyJsonEditor } from './lazy-editor.tsx';

/** The text of a policy, with completion, and with the faults that the server found in it. */
export function PolicyText({
  value,
  onChange,
  error,
}: {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly error: ApiError | undefined;
}) {
  const { session } = useSession();
  const [complete, setComplete] = useState<CompletionSource>();
  useEffect(() => {
    const controller = new AbortController();
    void Promise.all([import('./completion.ts'), listPrincipals(session, controller.signal)]).then(
      ([{ policyCompletion }, principals]) => {
        if (controller.signal.aborted) return;
        const own = [`arn:aws:iam::${session.account}:root`, ...principals];
        setComplete(() => policyCompletion(own));
      },
    );
    return () => controller.abort();
  }, [session]);
  const faults = useMemo(() => (error === undefined ? [] : faultsOf(error)), [error]);
  return (
    <SpaceBetween size="s">
      <LazyJsonEditor
        ariaLabel="Policy"
        value={value}
        onChange={onChange}
        faults={faults}
        {...(complete !== undefined && { complete })}
      />
      {faults.length > 0 && (
        <Alert type="error" header="The policy has faults">
          <ul>
            {faults.map(({ line, column, message }) => (
              <li key={`${line} ${column} ${message}`} className="breaks-anywhere">
                Line {line}, column {column}: {message}
              </li>
            ))}
          </ul>
        </Alert>
      )}
    </SpaceBetween>
  );
}
