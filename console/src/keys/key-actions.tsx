import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { callKms } from '../api/call.ts';
import { Dialog } from '../layout/dialog.tsx';
import { formatSeconds } from '../layout/format.ts';
import { useAction } from '../layout/use-action.ts';
import { useLoaded } from '../layout/use-loaded.ts';
import { useSession } from '../session/context.ts';
import type { KeyMetadata } from './describe-key.ts';
import { UsersOfKey } from './users-of-key.tsx';

type Question = 'EnableKey' | 'DisableKey' | 'ScheduleKeyDeletion' | 'CancelKeyDeletion';

const TITLES: Readonly<Record<Question, string>> = {
  EnableKey: 'Enable',
  DisableKey: 'Disable',
  ScheduleKeyDeletion: 'Schedule deletion',
  CancelKeyDeletion: 'Cancel deletion',
};

/** What can be done with a key as a whole, each with what it leads to. */
export function KeyActions({
  metadata,
  done,
}: {
  readonly metadata: KeyMetadata;
  readonly done: () => void;
}) {
  const { session } = useSession();
  const { KeyId = '', KeyState } = metadata;
  const [question, setQuestion] = useState<Question>();
  const [days, setDays] = useState('30');
  const action = useAction(async () => {
    if (question === 'ScheduleKeyDeletion') {
      await callKms(session, question, { KeyId, PendingWindowInDays: Number(days) });
    } else if (question !== undefined) {
      await callKms(session, question, { KeyId });
    }
    done();
  });
  const offered: readonly Question[] =
    KeyState === 'PendingDeletion' || KeyState === 'PendingReplicaDeletion'
      ? ['CancelKeyDeletion']
      : [KeyState === 'Disabled' ? 'EnableKey' : 'DisableKey', 'ScheduleKeyDeletion'];
  return (
    <>
      <SpaceBetween direction="horizontal" size="xs">
        {offered.map((each) => (
          <Button key={each} onClick={() => setQuestion(each)}>
            {TITLES[each]}
          </Button>
        ))}
      </SpaceBetween>
      {question && (
        <Dialog
          title={TITLES[question]}
          verb={TITLES[question]}
          failure="Nothing was changed"
          size={question === 'ScheduleKeyDeletion' ? 'large' : 'medium'}
          action={action}
          close={() => setQuestion(undefined)}
        >
          {question === 'EnableKey' && <Box>The key can be used again at once.</Box>}
          {question === 'CancelKeyDeletion' && <Box>The key stays, and is disabled until it is enabled.</Box>}
          {question === 'DisableKey' && (
            <Alert type="warning">
              Whatever uses the key stops working at once, until it is enabled again.
            </Alert>
          )}
          {question === 'ScheduleKeyDeletion' && (
            <SpaceBetween size="m">
              <Alert type="warning">
                When the waiting period is over, what was encrypted under this key can never be decrypted
                again, by anybody. Until then the key cannot be used, and the deletion can be cancelled.
              </Alert>
              <LastUse keyId={KeyId} />
              <UsersOfKey arn={metadata.Arn ?? ''} />
              <FormField label="Waiting period in days" constraintText="7 to 30.">
                <Input value={days} inputMode="numeric" onChange={({ detail }) => setDays(detail.value)} />
              </FormField>
            </SpaceBetween>
          )}
        </Dialog>
      )}
    </>
  );
}

function LastUse({ keyId }: { readonly keyId: string }) {
  const { session } = useSession();
  const use = useLoaded(
    (signal) => callKms(session, 'GetKeyLastUsage', { KeyId: keyId }, signal),
    [session, keyId],
  );
  if (use.error) return <Box>When the key was used last cannot be shown: {use.error.message}</Box>;
  if (use.value === undefined) return <Box>Looking when the key was used last …</Box>;
  const { Timestamp, Operation } = use.value.KeyLastUsage ?? {};
  if (Timestamp === undefined) return <Box>The key was never used.</Box>;
  return (
    <Box>
      The key was used last on {formatSeconds(Timestamp)}, for {Operation}.
    </Box>
  );
}
