import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import Header from '@cloudscape-design/components/header';
import Link from '@cloudscape-design/components/link';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { callKms, callOwn } from '../api/call.ts';
import { type ApiError, asApiError } from '../api/errors.ts';
import type { PolicyComparison } from '../api/own-operations.ts';
import { describeKey } from '../keys/describe-key.ts';
import { Failure } from '../layout/failure.tsx';
import { Loading, Page } from '../layout/page.tsx';
import { useAction } from '../layout/use-action.ts';
import { useLoaded } from '../layout/use-loaded.ts';
import { useSession } from '../session/context.ts';
import { ComparisonView } from './comparison.tsx';
import { faultsOf, isLockout } from './faults.ts';
import { LockoutWarning } from './lockout-warning.tsx';
import { PolicyText } from './policy-text.tsx';
import { StatementBuilder } from './statement-builder.tsx';
import { formatPolicy } from './templates.ts';
import { TextDifference } from './text-difference.tsx';

/** Edits the policy of a key: the server checks it as it is typed, and says what it would change before it is saved. */
export function PolicyEditor({ keyId }: { readonly keyId: string }) {
  const { session } = useSession();
  const present = useLoaded(
    async (signal) =>
      formatPolicy((await callKms(session, 'GetKeyPolicy', { KeyId: keyId }, signal)).Policy ?? ''),
    [session, keyId],
  );
  return (
    <Page
      title="Edit the key policy"
      parents={[
        { text: 'KMS keys', path: '/keys' },
        { text: keyId, path: `/keys/${keyId}` },
      ]}
    >
      {present.error && (
        <Failure error={present.error} what="The key policy cannot be shown" retry={present.reload} />
      )}
      {present.value === undefined && present.loading && <Loading what="Loading the key policy" />}
      {present.value !== undefined && <Editing keyId={keyId} before={present.value} />}
    </Page>
  );
}

/** What the server says of a text. */
type Verdict =
  | { readonly text: string; readonly comparison: PolicyComparison }
  | { readonly text: string; readonly error: ApiError };

/** How long somebody has not typed before the server is asked, in milliseconds. */
const PAUSE = 400;

function Editing({ keyId, before }: { readonly keyId: string; readonly before: string }) {
  const { session } = useSession();
  const [, navigate] = useLocation();
  const [text, setText] = useState(before);
  const [verdict, setVerdict] = useState<Verdict>();
  const [bypass, setBypass] = useState(false);
  const [building, setBuilding] = useState(false);

  useEffect(() => {
    if (text === before) return setVerdict(undefined);
    const controller = new AbortController();
    const timer = setTimeout(() => {
      callOwn(session, 'ComparePolicies', { KeyId: keyId, Policy: text }, controller.signal).then(
        (comparison) => setVerdict({ text, comparison }),
        (error: unknown) => {
          if (!controller.signal.aborted) setVerdict({ text, error: asApiError(error) });
        },
      );
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [session, keyId, text, before]);

  const save = useAction(async () => {
    await callKms(session, 'PutKeyPolicy', {
      KeyId: keyId,
      Policy: text,
      ...(bypass && { BypassPolicyLockoutSafetyCheck: true }),
    });
    navigate(`/keys/${keyId}`);
  });
  const { account, region } = session;
  // Whoever may put a key policy need not be allowed to describe the key.
  const key = useLoaded((signal) => describeKey(session, keyId, signal), [session, keyId]);
  const about = { account, region, keyUsage: key.value?.KeyUsage ?? 'ENCRYPT_DECRYPT' };
  const lockedOut = save.error !== undefined && isLockout(save.error);
  const known = verdict?.text === text ? verdict : undefined;
  const error = known !== undefined && 'error' in known ? known.error : undefined;

  return (
    <SpaceBetween size="l">
      <ExpandableSection
        variant="container"
        headerText="Statements"
        headingTagOverride="h2"
        expanded={building}
        onChange={({ detail }) => setBuilding(detail.expanded)}
      >
        {building && <StatementBuilder text={text} onChange={setText} about={about} />}
      </ExpandableSection>
      <Container
        header={
          <Header
            variant="h2"
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button onClick={() => setText(formatPolicy(text))}>Format</Button>
                <Button onClick={() => setText(before)} disabled={text === before}>
                  Undo all
                </Button>
              </SpaceBetween>
            }
          >
            Policy
          </Header>
        }
      >
        <SpaceBetween size="s">
          <PolicyText value={text} onChange={setText} error={error ?? save.error} />
          <Box variant="small">{new TextEncoder().encode(text).length} of 32,768 bytes</Box>
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2">What would change</Header>}>
        {text === before && <Box>Nothing yet.</Box>}
        {text !== before && known === undefined && <Loading what="Asking the server" />}
        {known !== undefined && 'comparison' in known && <ComparisonView comparison={known.comparison} />}
        {error && faultsOf(error).length === 0 && <Failure error={error} what="It cannot be told" />}
        {error && faultsOf(error).length > 0 && <Box>The policy has faults; see above.</Box>}
        {text !== before && (
          <ExpandableSection headerText="In the text">
            <TextDifference
              label="What is different in the text"
              before={before}
              after={formatPolicy(text)}
            />
          </ExpandableSection>
        )}
      </Container>
      {lockedOut && <LockoutWarning verb="save" bypass={bypass} onChange={setBypass} />}
      {save.error && !lockedOut && faultsOf(save.error).length === 0 && (
        <Failure error={save.error} what="The policy was not saved" />
      )}
      <SpaceBetween direction="horizontal" size="xs" alignItems="center">
        <Button
          variant="primary"
          loading={save.running}
          disabled={text === before || (lockedOut && !bypass)}
          onClick={() => void save.run()}
        >
          Save policy
        </Button>
        <Link onFollow={() => navigate(`/keys/${keyId}`)}>Cancel</Link>
      </SpaceBetween>
    </SpaceBetween>
  );
}
