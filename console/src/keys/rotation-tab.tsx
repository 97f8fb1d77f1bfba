import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { allPages } from '../api/all-pages.ts';
import { callKms } from '../api/call.ts';
import { Dialog } from '../layout/dialog.tsx';
import { Failure } from '../layout/failure.tsx';
import { formatSeconds } from '../layout/format.ts';
import { useAction } from '../layout/use-action.ts';
import { useLoaded } from '../layout/use-loaded.ts';
import { useSession } from '../session/context.ts';
import { Listing } from './listing.tsx';
import { RotationTimeline } from './rotation-timeline.tsx';

type Question = 'enable' | 'disable' | 'now' | undefined;

/** Automatic rotation, rotation on demand, and the key materials in the order in which they became current. */
export function RotationTab({ keyId }: { readonly keyId: string }) {
  const { session } = useSession();
  const [question, setQuestion] = useState<Question>();
  const [period, setPeriod] = useState('365');
  const status = useLoaded(
    (signal) => callKms(session, 'GetKeyRotationStatus', { KeyId: keyId }, signal),
    [session, keyId],
  );
  const materials = useLoaded(
    (signal) =>
      allPages(
        (marker) =>
          callKms(
            session,
            'ListKeyRotations',
            { KeyId: keyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL', ...marker },
            signal,
          ),
        ({ Rotations }) => Rotations,
      ),
    [session, keyId],
  );
  const act = useAction(async () => {
    const KeyId = keyId;
    if (question === 'enable') {
      await callKms(session, 'EnableKeyRotation', { KeyId, RotationPeriodInDays: Number(period) });
    } else if (question === 'disable') {
      await callKms(session, 'DisableKeyRotation', { KeyId });
    } else {
      await callKms(session, 'RotateKeyOnDemand', { KeyId });
    }
    status.reload();
    materials.reload();
  });
  const isEnabled = status.value?.KeyRotationEnabled === true;
  return (
    <SpaceBetween size="l">
      <Container
        header={
          <Header
            variant="h2"
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button
                  disabled={status.value === undefined}
                  onClick={() => setQuestion(isEnabled ? 'disable' : 'enable')}
                >
                  {isEnabled ? 'Disable automatic rotation' : 'Enable automatic rotation'}
                </Button>
                <Button disabled={status.value === undefined} onClick={() => setQuestion('now')}>
                  Rotate now
                </Button>
              </SpaceBetween>
            }
          >
            Rotation
          </Header>
        }
      >
        {status.error && (
          <Failure error={status.error} what="The rotation cannot be shown" retry={status.reload} />
        )}
        {status.value && (
          <KeyValuePairs
            columns={3}
            items={[
              { label: 'Automatic rotation', value: isEnabled ? 'Enabled' : 'Disabled' },
              { label: 'Period', value: isEnabled ? `${status.value.RotationPeriodInDays} days` : '-' },
              { label: 'Next rotation', value: formatSeconds(status.value.NextRotationDate) },
            ]}
          />
        )}
      </Container>
      {materials.value && materials.value.length > 0 && (
        <Container header={<Header variant="h2">Timeline</Header>}>
          <RotationTimeline rotations={materials.value} nextDate={status.value?.NextRotationDate} />
        </Container>
      )}
      <Listing
        title="Key materials"
        what="The key materials cannot be listed"
        loaded={materials}
        empty="There are none."
        columns={[
          {
            id: 'id',
            header: 'Material',
            cell: ({ KeyMaterialId }) => <span className="breaks-anywhere">{KeyMaterialId}</span>,
          },
          { id: 'state', header: 'State', cell: ({ KeyMaterialState }) => KeyMaterialState },
          { id: 'date', header: 'Became current', cell: ({ RotationDate }) => formatSeconds(RotationDate) },
          { id: 'type', header: 'By', cell: ({ RotationType }) => RotationType ?? '-' },
          { id: 'expires', header: 'Expires', cell: ({ ValidTo }) => formatSeconds(ValidTo) },
        ]}
      />
      {question && (
        <Dialog
          title={
            { enable: 'Enable automatic rotation', disable: 'Disable automatic rotation', now: 'Rotate now' }[
              question
            ]
          }
          verb={{ enable: 'Enable', disable: 'Disable', now: 'Rotate' }[question]}
          failure="Nothing was changed"
          action={act}
          close={() => setQuestion(undefined)}
        >
          {question === 'enable' ? (
            <FormField label="Period in days" constraintText="90 to 2560.">
              <Input value={period} inputMode="numeric" onChange={({ detail }) => setPeriod(detail.value)} />
            </FormField>
          ) : (
            'Whatever was ever encrypted under the key can still be decrypted.'
          )}
        </Dialog>
      )}
    </SpaceBetween>
  );
}
