import FormField from '@cloudscape-design/components/form-field';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useState } from 'react';
import { callKms, type InputOf, type OutputOf } from '../api/call.ts';
import { useAction } from '../layout/use-action.ts';
import { BlobField } from '../reference/form/blob-field.tsx';
import { useSession } from '../session/context.ts';
import { AlgorithmField } from './algorithm-field.tsx';
import { BytesView } from './bytes-view.tsx';
import { KeyField, useNamedKey } from './key-field.tsx';
import { isVerified, Validity } from './signing.tsx';
import { Tool } from './tool.tsx';

/** Computes and verifies MACs. */
export function Macs() {
  const { session } = useSession();
  const [keyId, setKeyId] = useState('');
  const [algorithm, setAlgorithm] = useState('');
  const [message, setMessage] = useState<string>();
  const [mac, setMac] = useState<string>();
  const [answer, setAnswer] = useState<OutputOf<'GenerateMac'>>();
  const [isValid, setValid] = useState<boolean>();
  const input = { KeyId: keyId.trim(), MacAlgorithm: algorithm.trim(), Message: message ?? '' };
  const isComplete = input.KeyId !== '' && input.MacAlgorithm !== '' && message !== undefined;
  const generate = useAction(async () => {
    setAnswer(undefined);
    setAnswer(await callKms(session, 'GenerateMac', input as InputOf<'GenerateMac'>));
  });
  const verify = useAction(async () => {
    setValid(undefined);
    const given = { ...input, Mac: mac ?? '' } as InputOf<'VerifyMac'>;
    setValid(await isVerified(callKms(session, 'VerifyMac', given)));
  });
  return (
    <SpaceBetween size="l">
      <Tool
        title="Compute a MAC"
        verb="Compute"
        failure="The MAC was not computed"
        action={generate}
        disabled={!isComplete}
        result={
          answer !== undefined && (
            <SpaceBetween size="xs">
              <StatusIndicator>Computed with {answer.KeyId}</StatusIndicator>
              <BytesView label="MAC" base64={answer.Mac ?? ''} />
            </SpaceBetween>
          )
        }
      >
        <KeyField value={keyId} onChange={setKeyId} />
        <AlgorithmField
          label="MAC algorithm"
          known={useNamedKey(keyId)?.MacAlgorithms}
          value={algorithm}
          onChange={setAlgorithm}
        />
        <FormField label="Message">
          <BlobField label="Message" value={message} onChange={setMessage} />
        </FormField>
      </Tool>
      <Tool
        title="Verify a MAC"
        description="Of the message above, by the same key and algorithm."
        verb="Verify"
        failure="The MAC could not be verified"
        action={verify}
        disabled={!isComplete || mac === undefined}
        result={<Validity action={verify} isValid={isValid} what="MAC" />}
      >
        <FormField label="MAC">
          <BlobField label="MAC" value={mac ?? ''} onChange={setMac} />
        </FormField>
      </Tool>
    </SpaceBetween>
  );
}
