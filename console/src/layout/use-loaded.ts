import { type DependencyList, useCallback, useEffect, useRef, useState } from 'react';
import { type ApiError, asApiError } from '../api/errors.ts';

/** Something that is fetched: it, or why it is not there, or neither while it is on its way. */
export interface Loaded<T> {
  readonly value: T | undefined;
  readonly error: ApiError | undefined;
  readonly loading: boolean;
  /** Fetches it again; what is there stays until then. */
  reload(): void;
}

/** Fetches something, and again whenever a dependency changes; answers that come too late are not taken. */
export function useLoaded<T>(
  load: (signal: AbortSignal) => Promise<T>,
  dependencies: DependencyList,
): Loaded<T> {
  const [state, setState] = useState<Omit<Loaded<T>, 'reload'>>(LOADING);
  const [round, setRound] = useState(0);
  const lastRound = useRef(round);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what it depends on is for the caller to say
  useEffect(() => {
    const controller = new AbortController();
    const again = round !== lastRound.current;
    lastRound.current = round;
    setState((before) => (again ? { ...before, loading: true } : LOADING));
    load(controller.signal).then(
      (value) => {
        if (!controller.signal.aborted) setState({ value, error: undefined, loading: false });
      },
      (failure: unknown) => {
        if (!controller.signal.aborted)
          setState({ value: undefined, error: asApiError(failure), loading: false });
      },
    );
    return () => controller.abort();
  }, [...dependencies, round]);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  return { ...state, reload };
}

const LOADING = { value: undefined, error: undefined, loading: true };
