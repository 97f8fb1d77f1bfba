import { PolicyDocumentError } from '../../../src/policy/fault.ts';
import { lintPolicy } from '../../../src/policy/lint.ts';
import { parsePolicy } from '../../../src/policy/parse.ts';
import { formatSeconds } from '../layout/format.ts';
import type { SurveyedKey } from './key-survey.ts';

/** Something about a key that somebody should look into. */
export interface Concern {
  readonly keyId: string;
  readonly description: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly what: string;
  /** What to do about it, and where. */
  readonly remedy: string;
  readonly path: string;
}

/** How long before it happens an expiry is a concern, in seconds. */
const SOON = 30 * 86_400;

const ORDER = { error: 0, warning: 1, info: 2 } as const;

/**
 * What is to be looked into of some keys, the gravest first.
 *
 * @param time of the server, in milliseconds since the Unix epoch
 */
export function concernsAbout(keys: readonly SurveyedKey[], time: number): readonly Concern[] {
  return keys
    .flatMap((key) => [...stateConcerns(key, time / 1000), ...policyConcerns(key)])
    .sort((one, other) => ORDER[one.severity] - ORDER[other.severity]);
}

function stateConcerns({ keyId, metadata }: SurveyedKey, seconds: number): readonly Concern[] {
  if ('error' in metadata) return [];
  const { KeyState, ValidTo, DeletionDate, Description = '' } = metadata.value;
  const concern = (rest: Pick<Concern, 'severity' | 'what' | 'remedy'>, tab = ''): Concern => ({
    keyId,
    description: Description,
    path: `/keys/${keyId}${tab}`,
    ...rest,
  });
  const concerns: Concern[] = [];
  if (KeyState === 'PendingDeletion' || KeyState === 'PendingReplicaDeletion') {
    const when =
      DeletionDate === undefined ? 'once its replicas are deleted' : `on ${formatSeconds(DeletionDate)}`;
    concerns.push(
      concern({
        severity: 'warning',
        what: `Will be deleted ${when}`,
        remedy: 'Cancel the deletion if it is still needed',
      }),
    );
  }
  if (KeyState === 'Unavailable')
    concerns.push(
      concern({ severity: 'error', what: 'Is not available', remedy: 'See what its key store says' }),
    );
  if (KeyState === 'PendingImport')
    concerns.push(
      concern({ severity: 'warning', what: 'Has no key material', remedy: 'Import it' }, '/import'),
    );
  if (KeyState === 'Disabled')
    concerns.push(
      concern({
        severity: 'info',
        what: 'Is disabled',
        remedy: 'Enable it, or delete it when nobody uses it',
      }),
    );
  if (ValidTo !== undefined && ValidTo - seconds < SOON && KeyState !== 'PendingImport')
    concerns.push(
      concern(
        {
          severity: 'warning',
          what: `Its key material expires on ${formatSeconds(ValidTo)}`,
          remedy: 'Import it again before that',
        },
        '/import',
      ),
    );
  return concerns;
}

/** What `qkms policy check` calls errors: access for everybody, and statements that cannot mean what they say. */
function policyConcerns({ keyId, metadata, policy }: SurveyedKey): readonly Concern[] {
  if ('error' in policy) return [];
  const description = 'value' in metadata ? (metadata.value.Description ?? '') : '';
  try {
    return lintPolicy(parsePolicy(policy.value), 'key-policy')
      .filter(({ severity }) => severity === 'error')
      .map(({ statement, message }) => ({
        keyId,
        description,
        severity: 'error',
        what: `Its key policy, ${statement}: ${message}`,
        remedy: 'Edit the policy',
        path: `/keys/${keyId}/policy`,
      }));
  } catch (error) {
    // The server keeps no policy that is malformed; one of a newer version may be.
    if (error instanceof PolicyDocumentError) return [];
    throw error;
  }
}
