import Alert from '@cloudscape-design/components/alert';
import Checkbox from '@cloudscape-design/components/checkbox';
import FormField from '@cloudscape-design/components/form-field';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useState } from 'react';
import { callKms, type InputOf, type OutputOf } from '../api/call.ts';
import type { Action } from '../layout/use-action.ts';
import { useAction } from '../layout/use-action.ts';
import { BlobField } from '../reference/form/blob-field.tsx';
import { useSession } from '../session/context.ts';
import { AlgorithmField } from './algorithm-field.tsx';
import { BytesView } from './bytes-view.tsx';
import { messageToSign } from './digest.ts';
import { KeyField, useNamedKey } from './key-field.tsx';
import { Tool } from './tool.tsx';

/** Signs messages and verifies signatures. */
export function Signing() {
  return (
    <SpaceBetween size="l">
      <Sign />
      <Verify />
    </SpaceBetween>
  );
}

/** What signing and verifying have in common. */
interface Message {
  readonly keyId: string;
  readonly algorithm: string;
  readonly message: string | undefined;
  readonly isDigest: boolean;
}

const NOTHING: Message = { keyId: '', algorithm: '', message: undefined, isDigest: false };

function isComplete({ keyId, algorithm, message }: Message): boolean {
  return keyId.trim() !== '' && algorithm.trim() !== '' && message !== undefined;
}

async function inputOf({ keyId, algorithm, message = '', isDigest }: Message) {
  const signed = isDigest
    ? ({ Message: message, MessageType: 'DIGEST' } as const)
    : await messageToSign(message, algorithm);
  return { KeyId: keyId.trim(), SigningAlgorithm: algorithm.trim(), ...signed };
}

function MessageFields({
  value,
  onChange,
}: {
  readonly value: Message;
  readonly onChange: (value: Message) => void;
}) {
  const change = (part: Partial<Message>) => onChange({ ...value, ...part });
  return (
    <>
      <KeyField value={value.keyId} onChange={(keyId) => change({ keyId })} />
      <AlgorithmField
        label="Signing algorithm"
        known={useNamedKey(value.keyId)?.SigningAlgorithms}
        value={value.algorithm}
        onChange={(algorithm) => change({ algorithm })}
      />
      <FormField
        label="Message"
        description="Of a message of more than 4,096 bytes the digest is computed here and sent, where the algorithm has one."
      >
        <BlobField label="Message" value={value.message} onChange={(message) => change({ message })} />
      </FormField>
      <Checkbox checked={value.isDigest} onChange={({ detail }) => change({ isDigest: detail.checked })}>
        This is the digest of the message
      </Checkbox>
    </>
  );
}

function Sign() {
  const { session } = useSession();
  const [message, setMessage] = useState(NOTHING);
  const [answer, setAnswer] = useState<OutputOf<'Sign'>>();
  const action = useAction(async () => {
    setAnswer(undefined);
    setAnswer(await callKms(session, 'Sign', (await inputOf(message)) as InputOf<'Sign'>));
  });
  return (
    <Tool
      title="Sign"
      verb="Sign"
      failure="The message was not signed"
      action={action}
      disabled={!isComplete(message)}
      result={
        answer !== undefined && (
          <SpaceBetween size="xs">
            <StatusIndicator>Signed with {answer.KeyId}</StatusIndicator>
            <BytesView label="Signature" base64={answer.Signature ?? ''} />
          </SpaceBetween>
        )
      }
    >
      <MessageFields value={message} onChange={setMessage} />
    </Tool>
  );
}

function Verify() {
  const { session } = useSession();
  const [message, setMessage] = useState(NOTHING);
  const [signature, setSignature] = useState<string>();
  const [isValid, setValid] = useState<boolean>();
  const action = useAction(async () => {
    setValid(undefined);
    const input = { ...(await inputOf(message)), Signature: signature ?? '' };
    setValid(await isVerified(callKms(session, 'Verify', input as InputOf<'Verify'>)));
  });
  return (
    <Tool
      title="Verify"
      verb="Verify"
      failure="The signature could not be verified"
      action={action}
      disabled={!isComplete(message) || signature === undefined}
      result={<Validity action={action} isValid={isValid} what="signature" />}
    >
      <MessageFields value={message} onChange={setMessage} />
      <FormField label="Signature">
        <BlobField label="Signature" value={signature ?? ''} onChange={setSignature} />
      </FormField>
    </Tool>
  );
}

/** Whether a verification succeeds; what is not valid is answered as an error of its own. */
export async function isVerified(answer: Promise<unknown>): Promise<boolean> {
  try {
    await answer;
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && /^KMSInvalid(?:Signature|Mac)/.test(String(error.code)))
      return false;
    throw error;
  }
}

/** Says whether something is valid, once that is known. */
export function Validity({
  action,
  isValid,
  what,
}: {
  readonly action: Action<[]>;
  readonly isValid: boolean | undefined;
  readonly what: string;
}) {
  if (isValid === undefined || action.running) return undefined;
  return isValid ? (
    <Alert type="success">The {what} is valid.</Alert>
  ) : (
    <Alert type="error">The {what} is not valid: the message, the key or the algorithm was another.</Alert>
  );
}
