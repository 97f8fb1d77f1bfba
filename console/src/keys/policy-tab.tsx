import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import Header from '@cloudscape-design/components/header';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { callKms, callOwn } from '../api/call.ts';
import type { PolicyVersion } from '../api/own-operations.ts';
import { CodeBlock } from '../layout/code-block.tsx';
import { Dialog } from '../layout/dialog.tsx';
import { Failure } from '../layout/failure.tsx';
import { formatSeconds } from '../layout/format.ts';
import { Loading } from '../layout/page.tsx';
import { useAction } from '../layout/use-action.ts';
import { useLoaded } from '../layout/use-loaded.ts';
import { ComparisonView } from '../policy/comparison.tsx';
import { isLockout } from '../policy/faults.ts';
import { LockoutWarning } from '../policy/lockout-warning.tsx';
import { formatPolicy } from '../policy/templates.ts';
import { TextDifference } from '../policy/text-difference.tsx';
import { useSession } from '../session/context.ts';
import { Listing } from './listing.tsx';

/** The key policy, and those that the key had before. */
export function PolicyTab({ keyId }: { readonly keyId: string }) {
  const { session } = useSession();
  const [, navigate] = useLocation();
  const [shown, setShown] = useState<PolicyVersion>();
  const [restored, setRestored] = useState<PolicyVersion>();
  const present = useLoaded(
    (signal) => callKms(session, 'GetKeyPolicy', { KeyId: keyId }, signal),
    [session, keyId],
  );
  const history = useLoaded(
    async (signal) =>
      (await callOwn(session, 'ListKeyPolicyVersions', { KeyId: keyId, Limit: 50 }, signal)).Versions,
    [session, keyId],
  );
  return (
    <SpaceBetween size="l">
      <Container
        header={
          <Header
            variant="h2"
            actions={<Button onClick={() => navigate(`/keys/${keyId}/policy`)}>Edit policy</Button>}
          >
            Key policy
          </Header>
        }
      >
        {present.error && (
          <Failure error={present.error} what="The key policy cannot be shown" retry={present.reload} />
        )}
        {present.value && <CodeBlock label="Key policy" code={formatPolicy(present.value.Policy ?? '')} />}
      </Container>
      <Listing
        title="History"
        what="The history of the policy cannot be shown"
        loaded={history}
        empty="There is none."
        columns={[
          {
            id: 'version',
            header: 'Version',
            cell: ({ Version, IsCurrent }) => (IsCurrent ? `${Version} (present)` : Version),
          },
          {
            id: 'by',
            header: 'Put by',
            cell: ({ PutBy }) => <span className="breaks-anywhere">{PutBy}</span>,
          },
          { id: 'date', header: 'Put', cell: ({ PutDate }) => formatSeconds(PutDate) },
          {
            id: 'actions',
            header: 'Actions',
            cell: (version) => (
              <SpaceBetween direction="horizontal" size="xs">
                <Button
                  variant="inline-link"
                  onClick={() => setShown(version)}
                  ariaLabel={`Show version ${version.Version}`}
                >
                  Show
                </Button>
                {!version.IsCurrent && (
                  <Button
                    variant="inline-link"
                    onClick={() => setRestored(version)}
                    ariaLabel={`Restore version ${version.Version}`}
                  >
                    Restore
                  </Button>
                )}
              </SpaceBetween>
            ),
          },
        ]}
      />
      {shown && (
        <Modal visible size="large" header={`Version ${shown.Version}`} onDismiss={() => setShown(undefined)}>
          <SpaceBetween size="m">
            <CodeBlock label={`Policy of version ${shown.Version}`} code={formatPolicy(shown.Policy)} />
            {!shown.IsCurrent && present.value && (
              <div>
                <Box variant="h3">What the present policy has differently</Box>
                <TextDifference
                  label={`From version ${shown.Version} to the present policy`}
                  before={formatPolicy(shown.Policy)}
                  after={formatPolicy(present.value.Policy ?? '')}
                />
              </div>
            )}
          </SpaceBetween>
        </Modal>
      )}
      {restored && (
        <Restore
          keyId={keyId}
          version={restored}
          present={present.value?.Policy}
          close={() => setRestored(undefined)}
          done={() => {
            present.reload();
            history.reload();
          }}
        />
      )}
    </SpaceBetween>
  );
}

/** Says what would change, and puts an old policy back. */
function Restore({
  keyId,
  version: { Version, Policy },
  present,
  close,
  done,
}: {
  readonly keyId: string;
  readonly version: PolicyVersion;
  /** The present policy, if it may be seen. */
  readonly present: string | undefined;
  readonly close: () => void;
  readonly done: () => void;
}) {
  const { session } = useSession();
  const [bypass, setBypass] = useState(false);
  const comparison = useLoaded(
    (signal) => callOwn(session, 'ComparePolicies', { KeyId: keyId, Version }, signal),
    [session, keyId, Version],
  );
  const action = useAction(async () => {
    const input = { KeyId: keyId, Version, ...(bypass && { BypassPolicyLockoutSafetyCheck: true }) };
    await callOwn(session, 'RestoreKeyPolicyVersion', input);
    done();
  });
  const lockedOut = action.error !== undefined && isLockout(action.error);
  return (
    <Dialog
      title={`Restore version ${Version}`}
      verb="Restore"
      failure="The policy was not restored"
      action={action}
      disabled={lockedOut && !bypass}
      close={close}
    >
      {comparison.loading && <Loading what="Comparing" />}
      {comparison.error && <Failure error={comparison.error} what="What would change cannot be told" />}
      {comparison.value && <ComparisonView comparison={comparison.value} />}
      {present !== undefined && (
        <ExpandableSection headerText="In the text">
          <TextDifference
            label="What is different in the text"
            before={formatPolicy(present)}
            after={formatPolicy(Policy)}
          />
        </ExpandableSection>
      )}
      {lockedOut && <LockoutWarning verb="restore" bypass={bypass} onChange={setBypass} />}
    </Dialog>
  );
}
