import Autosuggest from '@cloudscape-design/components/autosuggest';
import FormField from '@cloudscape-design/components/form-field';
import { useEffect, useState } from 'react';
import { callKms } from '../api/call.ts';
import { describeKey, type KeyMetadata } from '../keys/describe-key.ts';
import { useLoaded } from '../layout/use-loaded.ts';
import { useSession } from '../session/context.ts';

/** As many aliases as are offered. */
const MOST = 100;

/** A key, by its alias or however else: the aliases of the account are offered. */
export function KeyField({
  label = 'Key',
  value,
  onChange,
}: {
  readonly label?: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  const { session } = useSession();
  const aliases = useLoaded(
    async (signal) => {
      const { Aliases = [] } = await callKms(session, 'ListAliases', { Limit: MOST }, signal);
      return Aliases.filter(({ TargetKeyId }) => TargetKeyId !== undefined);
    },
    [session],
  );
  return (
    <FormField label={label} description="An alias, key id or ARN.">
      <Autosuggest
        value={value}
        onChange={({ detail }) => onChange(detail.value)}
        options={(aliases.value ?? []).map(({ AliasName = '', TargetKeyId }) => ({
          value: AliasName,
          description: TargetKeyId ?? '',
        }))}
        enteredTextLabel={(text) => `Use ${text}`}
        ariaLabel={label}
        placeholder="alias/…"
        empty="No alias that you may list"
      />
    </FormField>
  );
}

/** How long somebody has not typed before a key is looked up, in milliseconds. */
const PAUSE = 300;

/** What there is to know of the key that somebody names, as soon as that is known, and if it may be. */
export function useNamedKey(keyId: string): KeyMetadata | undefined {
  const { session } = useSession();
  const [metadata, setMetadata] = useState<KeyMetadata>();
  useEffect(() => {
    setMetadata(undefined);
    if (keyId.trim() === '') return;
    const controller = new AbortController();
    const timer = setTimeout(() => {
      describeKey(session, keyId.trim(), controller.signal).then(
        (found) => !controller.signal.aborted && setMetadata(found),
        // Whoever may use a key need not be allowed to describe it.
        () => undefined,
      );
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [session, keyId]);
  return metadata;
}
