import FormField from '@cloudscape-design/components/form-field';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useState } from 'react';
import { callKms, type InputOf, type OutputOf } from '../api/call.ts';
import { useAction } from '../layout/use-action.ts';
import { BlobField } from '../reference/form/blob-field.tsx';
import { MapField } from '../reference/form/map-field.tsx';
import { useSession } from '../session/context.ts';
import { AlgorithmField } from './algorithm-field.tsx';
import { BytesView } from './bytes-view.tsx';
import { KeyField, useNamedKey } from './key-field.tsx';
import type { EncryptionContext } from './message-header.ts';
import { Tool } from './tool.tsx';

const SYMMETRIC = 'SYMMETRIC_DEFAULT';

/** Encrypts and decrypts what is short enough for a KMS key itself. */
export function TextEncryption() {
  return (
    <SpaceBetween size="l">
      <Encrypt />
      <Decrypt />
    </SpaceBetween>
  );
}

function Encrypt() {
  const { session } = useSession();
  const [keyId, setKeyId] = useState('');
  const [algorithm, setAlgorithm] = useState(SYMMETRIC);
  const [plaintext, setPlaintext] = useState<string>();
  const [context, setContext] = useState<EncryptionContext>();
  const [answer, setAnswer] = useState<OutputOf<'Encrypt'>>();
  const action = useAction(async () => {
    setAnswer(undefined);
    const input = { KeyId: keyId.trim(), Plaintext: plaintext ?? '', ...detailsOf(algorithm, context) };
    setAnswer(await callKms(session, 'Encrypt', input as InputOf<'Encrypt'>));
  });
  return (
    <Tool
      title="Encrypt"
      description="Up to 4,096 bytes under a symmetric key, less under one of RSA. For more, encrypt a file."
      verb="Encrypt"
      failure="It was not encrypted"
      action={action}
      disabled={keyId.trim() === '' || plaintext === undefined}
      result={
        answer !== undefined && (
          <SpaceBetween size="xs">
            <StatusIndicator>Encrypted under {answer.KeyId}</StatusIndicator>
            <BytesView label="Ciphertext" base64={answer.CiphertextBlob ?? ''} />
          </SpaceBetween>
        )
      }
    >
      <KeyField value={keyId} onChange={setKeyId} />
      <AlgorithmField
        label="Encryption algorithm"
        known={useNamedKey(keyId)?.EncryptionAlgorithms}
        value={algorithm}
        onChange={setAlgorithm}
      />
      <FormField label="Plaintext">
        <BlobField label="Plaintext" value={plaintext} onChange={setPlaintext} />
      </FormField>
      {algorithm === SYMMETRIC && <Context value={context} onChange={setContext} />}
    </Tool>
  );
}

function Decrypt() {
  const { session } = useSession();
  const [keyId, setKeyId] = useState('');
  const [algorithm, setAlgorithm] = useState(SYMMETRIC);
  const [ciphertext, setCiphertext] = useState<string>();
  const [context, setContext] = useState<EncryptionContext>();
  const [answer, setAnswer] = useState<OutputOf<'Decrypt'>>();
  const action = useAction(async () => {
    setAnswer(undefined);
    const input = {
      ...(keyId.trim() !== '' && { KeyId: keyId.trim() }),
      CiphertextBlob: ciphertext ?? '',
      ...detailsOf(algorithm, context),
    };
    setAnswer(await callKms(session, 'Decrypt', input as InputOf<'Decrypt'>));
  });
  return (
    <Tool
      title="Decrypt"
      description="The ciphertext of a symmetric key says itself which key it takes."
      verb="Decrypt"
      failure="It was not decrypted"
      action={action}
      disabled={ciphertext === undefined}
      result={
        answer !== undefined && (
          <SpaceBetween size="xs">
            <StatusIndicator>Decrypted with {answer.KeyId}</StatusIndicator>
            <BytesView label="Decrypted plaintext" base64={answer.Plaintext ?? ''} first="text" />
          </SpaceBetween>
        )
      }
    >
      <FormField label="Ciphertext">
        <BlobField label="Ciphertext" value={ciphertext ?? ''} onChange={setCiphertext} />
      </FormField>
      <KeyField label="Key that it shall be of - optional" value={keyId} onChange={setKeyId} />
      <AlgorithmField
        label="Algorithm of the ciphertext"
        known={useNamedKey(keyId)?.EncryptionAlgorithms}
        value={algorithm}
        onChange={setAlgorithm}
      />
      {algorithm === SYMMETRIC && <Context value={context} onChange={setContext} />}
    </Tool>
  );
}

function detailsOf(algorithm: string, context: EncryptionContext | undefined) {
  return {
    EncryptionAlgorithm: algorithm,
    ...(algorithm === SYMMETRIC && context !== undefined && { EncryptionContext: context }),
  };
}

/** The encryption context of a ciphertext. */
export function Context({
  value,
  onChange,
}: {
  readonly value: EncryptionContext | undefined;
  readonly onChange: (value: EncryptionContext | undefined) => void;
}) {
  return (
    <FormField
      label="Encryption context - optional"
      description="Not secret, and kept as it is. Whoever decrypts has to give the same."
    >
      <MapField label="the encryption context" value={value} onChange={onChange} />
    </FormField>
  );
}
