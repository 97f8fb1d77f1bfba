import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Toggle from '@cloudscape-design/components/toggle';
import { useState } from 'react';
import { callKms, type InputOf } from '../api/call.ts';
import { useAction } from '../layout/use-action.ts';
import { useSession } from '../session/context.ts';
import { BytesView } from './bytes-view.tsx';
import { KeyField } from './key-field.tsx';
import type { EncryptionContext } from './message-header.ts';
import { Context } from './text-encryption.tsx';
import { Tool } from './tool.tsx';

const KINDS: readonly { readonly label: string; readonly options: readonly string[] }[] = [
  { label: 'Symmetric', options: ['AES_256', 'AES_128'] },
  {
    label: 'Key pairs',
    options: [
      ...['ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'ECC_SECG_P256K1', 'ECC_NIST_EDWARDS25519'],
      ...['RSA_2048', 'RSA_3072', 'RSA_4096'],
    ],
  },
];

/** The parts of an answer that are shown, by their members. */
const PARTS: readonly { readonly member: string; readonly label: string }[] = [
  { member: 'Plaintext', label: 'Data key in plaintext' },
  { member: 'CiphertextBlob', label: 'Data key, encrypted' },
  { member: 'PublicKey', label: 'Public key (DER, SubjectPublicKeyInfo)' },
  { member: 'PrivateKeyPlaintext', label: 'Private key in plaintext (DER, PKCS #8)' },
  { member: 'PrivateKeyCiphertextBlob', label: 'Private key, encrypted' },
];

/** Makes data keys and data key pairs. */
export function DataKeys() {
  const { session } = useSession();
  const [keyId, setKeyId] = useState('');
  const [kind, setKind] = useState('AES_256');
  const [withPlaintext, setWithPlaintext] = useState(true);
  const [context, setContext] = useState<EncryptionContext>();
  const [answer, setAnswer] = useState<Readonly<Record<string, unknown>>>();
  const action = useAction(async () => {
    setAnswer(undefined);
    const isPair = !kind.startsWith('AES');
    const operation =
      `GenerateDataKey${isPair ? 'Pair' : ''}${withPlaintext ? '' : 'WithoutPlaintext'}` as const;
    const input = {
      KeyId: keyId.trim(),
      [isPair ? 'KeyPairSpec' : 'KeySpec']: kind,
      ...(context !== undefined && { EncryptionContext: context }),
    };
    setAnswer(Object(await callKms(session, operation, input as InputOf<typeof operation>)));
  });
  return (
    <Tool
      title="Make a data key"
      description="To encrypt with it yourself: use its plaintext, forget it, and keep the encrypted data key, which Decrypt opens again."
      verb="Make the data key"
      failure="No data key was made"
      action={action}
      disabled={keyId.trim() === ''}
      result={
        answer !== undefined && (
          <SpaceBetween size="m">
            <StatusIndicator>Made under {String(answer['KeyId'])}</StatusIndicator>
            {PARTS.map(({ member, label }) => {
              const value = answer[member];
              return typeof value === 'string' && <BytesView key={member} label={label} base64={value} />;
            })}
          </SpaceBetween>
        )
      }
    >
      <KeyField label="Key that encrypts it" value={keyId} onChange={setKeyId} />
      <FormField label="Kind of data key">
        <Select
          selectedOption={{ value: kind, label: kind }}
          options={KINDS.map(({ label, options }) => ({
            label,
            options: options.map((value) => ({ value, label: value })),
          }))}
          onChange={({ detail }) => setKind(detail.selectedOption.value ?? kind)}
        />
      </FormField>
      <Toggle checked={withPlaintext} onChange={({ detail }) => setWithPlaintext(detail.checked)}>
        With the plaintext
      </Toggle>
      <Context value={context} onChange={setContext} />
    </Tool>
  );
}

/** Gets random bytes. */
export function RandomBytes() {
  const { session } = useSession();
  const [count, setCount] = useState('32');
  const [bytes, setBytes] = useState<string>();
  const isCount = /^\d+$/.test(count.trim()) && Number(count) >= 1 && Number(count) <= 1024;
  const action = useAction(async () => {
    setBytes(undefined);
    const { Plaintext } = await callKms(session, 'GenerateRandom', { NumberOfBytes: Number(count) });
    setBytes(Plaintext);
  });
  return (
    <Tool
      title="Random bytes"
      description="From the generator of the server that keys are made of, too."
      verb="Get random bytes"
      failure="There are no random bytes"
      action={action}
      disabled={!isCount}
      result={bytes !== undefined && <BytesView label="Random bytes" base64={bytes} first="hex" />}
    >
      <FormField label="How many" errorText={isCount ? undefined : 'From 1 to 1,024.'}>
        <Input value={count} onChange={({ detail }) => setCount(detail.value)} inputMode="numeric" />
      </FormField>
    </Tool>
  );
}
