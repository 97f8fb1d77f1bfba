import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import Modal from '@cloudscape-design/components/modal';
import Pagination from '@cloudscape-design/components/pagination';
import Spinner from '@cloudscape-design/components/spinner';
import Table from '@cloudscape-design/components/table';
import { useEffect, useState } from 'react';
import { callOwn } from '../api/call.ts';
import { type ApiError, asApiError } from '../api/errors.ts';
import type { AccessExplanation } from '../api/own-operations.ts';
import { forEach } from '../api/pool.ts';
import { listPrincipals } from '../identities/principals.ts';
import type { KeyMetadata } from '../keys/describe-key.ts';
import { Failure } from '../layout/failure.tsx';
import { useLoaded } from '../layout/use-loaded.ts';
import { useSession } from '../session/context.ts';
import { ExplanationView } from './explanation.tsx';
import { actionsToAsk } from './questions.ts';

/** So many principals are asked about at once. */
const PAGE_SIZE = 10;

type Answer = { readonly explanation: AccessExplanation } | { readonly error: ApiError };

/** Principals by actions: who may do what with the key, each with its reason. */
export function WhoCanUse({ metadata }: { readonly metadata: KeyMetadata }) {
  const { session } = useSession();
  const { KeyId = '', KeyUsage = '' } = metadata;
  const [page, setPage] = useState(1);
  const [answers, setAnswers] = useState<ReadonlyMap<string, Answer>>(new Map());
  const [shown, setShown] = useState<{ readonly title: string; readonly answer: Answer }>();
  const principals = useLoaded(
    async (signal) => [`arn:aws:iam::${session.account}:root`, ...(await listPrincipals(session, signal))],
    [session],
  );
  const all = principals.value ?? [];
  const rows = all.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE);
  const actions = actionsToAsk(KeyUsage);

  // biome-ignore lint/correctness/useExhaustiveDependencies: rows and actions follow from these
  useEffect(() => {
    const controller = new AbortController();
    const questions = rows.flatMap((principal) => actions.map((action) => ({ principal, action })));
    void forEach(questions, controller.signal, async ({ principal, action }) => {
      const input = { KeyId, Action: action, Principal: principal };
      const answer: Answer = await callOwn(session, 'ExplainAccess', input, controller.signal).then(
        (explanation) => ({ explanation }),
        (error: unknown) => ({ error: asApiError(error) }),
      );
      if (!controller.signal.aborted)
        setAnswers((before) => new Map(before).set(cellOf(principal, action), answer));
    });
    return () => controller.abort();
  }, [session, KeyId, principals.value, page]);

  return (
    <>
      <Table
        wrapLines
        items={rows}
        trackBy={(principal) => principal}
        loading={principals.loading}
        loadingText="Loading users and roles"
        ariaLabels={{ tableLabel: 'Who can use it?' }}
        header={
          <Header
            variant="h2"
            counter={`(${all.length})`}
            description="Users and roles of this account that you may list. Choose a cell for its reason."
          >
            Who can use it?
          </Header>
        }
        pagination={
          <Pagination
            currentPageIndex={page}
            pagesCount={Math.max(1, Math.ceil(all.length / PAGE_SIZE))}
            onChange={({ detail }) => setPage(detail.currentPageIndex)}
          />
        }
        columnDefinitions={[
          {
            id: 'principal',
            header: 'Principal',
            isRowHeader: true,
            minWidth: 180,
            cell: (principal) => (
              <span className="breaks-anywhere">{principal.split(':').slice(5).join(':')}</span>
            ),
          },
          ...actions.map((action) => ({
            id: action,
            header: action.replace('kms:', ''),
            cell: (principal: string) => (
              <Cell
                title={`${action} by ${principal}`}
                answer={answers.get(cellOf(principal, action))}
                show={(answer) => setShown({ title: `${action} by ${principal}`, answer })}
              />
            ),
          })),
        ]}
      />
      {shown && (
        <Modal visible size="large" header={shown.title} onDismiss={() => setShown(undefined)}>
          {'error' in shown.answer ? (
            <Failure error={shown.answer.error} what="It cannot be explained" />
          ) : (
            <ExplanationView explanation={shown.answer.explanation} />
          )}
        </Modal>
      )}
    </>
  );
}

function cellOf(principal: string, action: string): string {
  return `${action} ${principal}`;
}

function Cell({
  title,
  answer,
  show,
}: {
  readonly title: string;
  readonly answer: Answer | undefined;
  readonly show: (answer: Answer) => void;
}) {
  if (answer === undefined) return <Spinner />;
  const text = 'error' in answer ? 'Unknown' : VERDICTS[answer.explanation.Decision];
  return (
    <Button variant="inline-link" ariaLabel={`${text}: ${title}`} onClick={() => show(answer)}>
      <Box color={text === 'Yes' ? 'text-status-success' : 'text-status-inactive'} display="inline">
        {text}
      </Box>
    </Button>
  );
}

const VERDICTS = { allowed: 'Yes', explicitDeny: 'No', implicitDeny: 'No', undetermined: 'Unknown' } as const;
