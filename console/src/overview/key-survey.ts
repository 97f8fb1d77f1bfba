import { useEffect, useState } from 'react';
import { callKms } from '../api/call.ts';
import type { Signing } from '../api/credentials.ts';
import { type ApiError, asApiError } from '../api/errors.ts';
import { forEach } from '../api/pool.ts';
import { describeKey, type KeyMetadata, type Part, part } from '../keys/describe-key.ts';

/** A key that was looked at. */
export interface SurveyedKey {
  readonly keyId: string;
  readonly metadata: NonNullable<Part<KeyMetadata>>;
  readonly policy: NonNullable<Part<string>>;
}

/** The keys that were looked at so far. */
export interface KeySurvey {
  readonly keys: readonly SurveyedKey[];
  readonly running: boolean;
  readonly error: ApiError | undefined;
  /** Whether there are keys that were not looked at. */
  readonly hasMore: boolean;
  /** Looks at more of them. */
  goOn(): void;
  /** Tries again what failed. */
  retry(): void;
}

/** As many keys are looked at before somebody has to ask for more: each takes two requests, which are recorded. */
const AT_ONCE = 100;

/** Looks at the keys of the account in the Region: what they are, and their policies. */
export function useKeySurvey(signing: Signing): KeySurvey {
  const [keys, setKeys] = useState<readonly SurveyedKey[]>([]);
  const [error, setError] = useState<ApiError>();
  const [running, setRunning] = useState(true);
  const [from, setFrom] = useState<string | undefined>();
  const [round, setRound] = useState(0);
  const [next, setNext] = useState<string | undefined>();

  // biome-ignore lint/correctness/useExhaustiveDependencies: with every new round
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const survey = async () => {
      const page = await callKms(
        signing,
        'ListKeys',
        { Limit: AT_ONCE, ...(from !== undefined && { Marker: from }) },
        signal,
      );
      const found: SurveyedKey[] = [];
      await forEach(page.Keys ?? [], signal, async ({ KeyId = '' }) => {
        const [metadata, policy] = await Promise.all([
          part(describeKey(signing, KeyId, signal)),
          part(callKms(signing, 'GetKeyPolicy', { KeyId }, signal).then(({ Policy = '' }) => Policy)),
        ]);
        found.push({ keyId: KeyId, metadata, policy });
      });
      if (signal.aborted) return;
      setKeys((before) => (from === undefined ? found : [...before, ...found]));
      setNext(page.NextMarker);
    };
    setRunning(true);
    setError(undefined);
    survey()
      .catch((failure: unknown) => signal.aborted || setError(asApiError(failure)))
      .finally(() => signal.aborted || setRunning(false));
    return () => controller.abort();
  }, [signing, from, round]);

  return {
    keys,
    running,
    error,
    hasMore: next !== undefined,
    goOn: () => setFrom(next),
    retry: () => setRound((before) => before + 1),
  };
}
