import { useRef, useState } from 'react';
import { type ApiError, asApiError } from '../api/errors.ts';

/** Something that a person sets off and that may fail. */
export interface Action<Arguments extends readonly unknown[]> {
  readonly running: boolean;
  readonly error: ApiError | undefined;
  /** Does it; never rejects. Resolves to whether it was done. Does nothing while it is being done. */
  run(...given: Arguments): Promise<boolean>;
  /** Forgets the last error. */
  reset(): void;
}

export function useAction<Arguments extends readonly unknown[]>(
  act: (...given: Arguments) => Promise<void>,
): Action<Arguments> {
  const [running, setRunning] = useState(false);
  const [error, setError] = useState<ApiError | undefined>();
  const busy = useRef(false);
  return {
    running,
    error,
    async run(...given) {
      if (busy.current) return false;
      busy.current = true;
      setRunning(true);
      setError(undefined);
      try {
        await act(...given);
        return true;
      } catch (failure) {
        setError(asApiError(failure));
        return false;
      } finally {
        busy.current = false;
        setRunning(false);
      }
    },
    reset: () => setError(undefined),
  };
}
