import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useMemo } from 'react';
import type { AuditLogDescription } from '../api/own-operations.ts';
import { Failure } from '../layout/failure.tsx';
import { formatSeconds } from '../layout/format.ts';
import { PageLink } from '../layout/link.tsx';
import type { Loaded } from '../layout/use-loaded.ts';
import { fingerprintOf, verifyCheckpoint } from './checkpoint.ts';

const RECORDING = {
  strict: 'before calls are answered',
  soon: 'within 100 ms after calls are answered',
  none: 'no',
} as const;

/** How far the audit log is signed, with the newest checkpoint verified in this browser. */
export function AuditLogState({ log }: { readonly log: Loaded<AuditLogDescription> }) {
  if (log.error)
    return <Failure error={log.error} what="The state of the log cannot be shown" retry={log.reload} />;
  if (log.value?.Origin === undefined) return undefined;
  return <State log={log.value} reload={log.reload} />;
}

function State({ log, reload }: { readonly log: AuditLogDescription; readonly reload: () => void }) {
  const { Durability, Origin, PublicKey = '', Size = 0, Checkpoint, CheckpointDate, Subtrees = [] } = log;
  const verified = useMemo(
    () => (Checkpoint === undefined ? undefined : verifyCheckpoint(Checkpoint, PublicKey, Subtrees)),
    [Checkpoint, PublicKey, Subtrees],
  );
  return (
    <ExpandableSection
      variant="container"
      headerText="Newest checkpoint"
      headerDescription={`${verified?.size ?? 0} of ${Size} records are signed`}
      headerActions={<Button iconName="refresh" ariaLabel="Refresh the checkpoint" onClick={reload} />}
      defaultExpanded={Checkpoint !== undefined && verified === undefined}
    >
      <SpaceBetween size="m">
        <KeyValuePairs
          columns={3}
          items={[
            {
              label: 'Signature',
              value: <Signature isThere={Checkpoint !== undefined} verified={verified} />,
            },
            { label: 'Records that it covers', value: verified?.size ?? '-' },
            { label: 'Signed', value: formatSeconds(CheckpointDate) },
            { label: 'Calls are recorded', value: RECORDING[Durability] },
            { label: 'Log', value: <span className="breaks-anywhere">{Origin}</span> },
            {
              label: 'Public key (SHA-256)',
              value: <span className="breaks-anywhere">{fingerprintOf(PublicKey)}</span>,
            },
          ]}
        />
        <Box color="text-body-secondary">
          This browser has checked that the checkpoint is signed with the public key that this server shows:
          compare its fingerprint with that of the key that you were given. That every record is the one that
          was signed, is checked by qkms audit verify with an export of the log;{' '}
          <PageLink path="/guides/audit">the guide</PageLink> tells how, and why to keep checkpoints
          elsewhere.
        </Box>
        <SpaceBetween direction="horizontal" size="xs">
          <Button iconName="download" href={dataUrl(pemOf(PublicKey))} download="audit.pem">
            Public key
          </Button>
          {Checkpoint !== undefined && (
            <Button
              iconName="download"
              href={dataUrl(`${JSON.stringify({ checkpoint: Checkpoint, subtrees: Subtrees })}\n`)}
              download={`checkpoint-${verified?.size ?? 'unverified'}.jsonl`}
            >
              Checkpoint
            </Button>
          )}
        </SpaceBetween>
      </SpaceBetween>
    </ExpandableSection>
  );
}

function Signature({
  isThere,
  verified,
}: {
  readonly isThere: boolean;
  readonly verified: object | undefined;
}) {
  if (!isThere) return <StatusIndicator type="pending">Nothing is signed yet</StatusIndicator>;
  return verified === undefined ? (
    <StatusIndicator type="error">Not valid</StatusIndicator>
  ) : (
    <StatusIndicator type="success">Valid</StatusIndicator>
  );
}

function pemOf(der: string): string {
  return `-----BEGIN PUBLIC KEY-----\n${der.replaceAll(/.{64}/g, '$&\n').trim()}\n-----END PUBLIC KEY-----\n`;
}

function dataUrl(text: string): string {
  return `data:application/octet-stream,${encodeURIComponent(text)}`;
}
