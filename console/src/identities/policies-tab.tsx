import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { textAt, type XmlValue } from '../api/xml.ts';
import { Confirmation } from '../layout/dialog.tsx';
import { Failure } from '../layout/failure.tsx';
import { PageLink } from '../layout/link.tsx';
import { Loading } from '../layout/page.tsx';
import { useLoaded } from '../layout/use-loaded.ts';
import { useSession } from '../session/context.ts';
import { DocumentEditor } from './document-editor.tsx';
import { NEW_IDENTITY_POLICY } from './documents.ts';
import { callIam, documentIn } from './iam.ts';
import { IamTable } from './iam-table.tsx';
import { type CarrierKind, nameMember, pathOfPolicy } from './paths.ts';
import { PolicyChoice } from './policy-choice.tsx';

type Question =
  | { readonly to: 'attach' }
  | { readonly to: 'detach'; readonly arn: string }
  | { readonly to: 'create' }
  | { readonly to: 'edit'; readonly policy: string }
  | { readonly to: 'delete'; readonly policy: string };

/** The managed policies that are attached to somebody, and those that are its own. */
export function PoliciesTab({ kind, name }: { readonly kind: CarrierKind; readonly name: string }) {
  const { session } = useSession();
  const [question, setQuestion] = useState<Question>();
  const [round, setRound] = useState(0);
  const [arn, setArn] = useState('');
  const who = { [nameMember(kind)]: name };
  const close = () => setQuestion(undefined);
  const change = async (operation: string, input: Readonly<Record<string, string>>) => {
    await callIam(session, operation, { ...who, ...input });
    setRound((before) => before + 1);
  };
  const link = (text: string, label: string, asked: Question) => (
    <Button variant="inline-link" ariaLabel={label} onClick={() => setQuestion(asked)}>
      {text}
    </Button>
  );
  return (
    <SpaceBetween size="l">
      <IamTable
        title="Attached policies"
        what="The attached policies cannot be listed"
        operation={`ListAttached${kind}Policies`}
        input={who}
        list="AttachedPolicies"
        round={round}
        empty="No managed policy is attached."
        actions={<Button onClick={() => setQuestion({ to: 'attach' })}>Attach policy</Button>}
        columns={[
          { id: 'name', header: 'Policy', isRowHeader: true, cell: (item) => <PolicyLink item={item} /> },
          {
            id: 'actions',
            header: 'Actions',
            cell: (item) => {
              const PolicyArn = textAt(item, 'PolicyArn');
              return link('Detach', `Detach ${PolicyArn}`, { to: 'detach', arn: PolicyArn });
            },
          },
        ]}
      />
      <IamTable
        title="Inline policies"
        what="The inline policies cannot be listed"
        operation={`List${kind}Policies`}
        input={who}
        list="PolicyNames"
        round={round}
        empty="There are none."
        actions={<Button onClick={() => setQuestion({ to: 'create' })}>Create inline policy</Button>}
        columns={[
          {
            id: 'name',
            header: 'Policy',
            isRowHeader: true,
            cell: (item) => <span className="breaks-anywhere">{String(item)}</span>,
          },
          {
            id: 'actions',
            header: 'Actions',
            cell: (item) => (
              <SpaceBetween direction="horizontal" size="xs">
                {link('Edit', `Edit ${item}`, { to: 'edit', policy: String(item) })}
                {link('Delete', `Delete ${item}`, { to: 'delete', policy: String(item) })}
              </SpaceBetween>
            ),
          },
        ]}
      />
      {question?.to === 'attach' && (
        <Confirmation
          title="Attach policy"
          verb="Attach"
          failure="The policy was not attached"
          disabled={arn.trim() === ''}
          close={close}
          act={() => change(`Attach${kind}Policy`, { PolicyArn: arn.trim() })}
        >
          <PolicyChoice value={arn} onChange={setArn} />
        </Confirmation>
      )}
      {question?.to === 'detach' && (
        <Confirmation
          title="Detach policy"
          verb="Detach"
          failure="The policy was not detached"
          close={close}
          act={() => change(`Detach${kind}Policy`, { PolicyArn: question.arn })}
        >
          <span className="breaks-anywhere">
            What {question.arn} allows {name} is denied from the very next request on, unless something else
            allows it.
          </span>
        </Confirmation>
      )}
      {question?.to === 'delete' && (
        <Confirmation
          title="Delete inline policy"
          verb="Delete"
          failure="The policy was not deleted"
          close={close}
          act={() => change(`Delete${kind}Policy`, { PolicyName: question.policy })}
        >
          <span className="breaks-anywhere">
            {question.policy} exists nowhere else: it is gone, and what it allows is denied from the very next
            request on.
          </span>
        </Confirmation>
      )}
      {(question?.to === 'create' || question?.to === 'edit') && (
        <InlinePolicy
          kind={kind}
          who={who}
          policyName={question.to === 'edit' ? question.policy : undefined}
          close={close}
          save={(input) => change(`Put${kind}Policy`, input)}
        />
      )}
    </SpaceBetween>
  );
}

function PolicyLink({ item }: { readonly item: XmlValue }) {
  const arn = textAt(item, 'PolicyArn');
  return (
    <PageLink path={pathOfPolicy(arn)}>
      <span className="breaks-anywhere">{textAt(item, 'PolicyName')}</span>
    </PageLink>
  );
}

function InlinePolicy({
  kind,
  who,
  policyName,
  close,
  save,
}: {
  readonly kind: CarrierKind;
  readonly who: Readonly<Record<string, string>>;
  /** The policy that is edited; a new one, when there is none. */
  readonly policyName: string | undefined;
  readonly close: () => void;
  readonly save: (input: Readonly<Record<string, string>>) => Promise<void>;
}) {
  const { session } = useSession();
  const [name, setName] = useState(policyName ?? '');
  const [edited, setEdited] = useState<string>();
  const present = useLoaded(
    async (signal) =>
      policyName === undefined
        ? NEW_IDENTITY_POLICY
        : documentIn(
            textAt(
              await callIam(session, `Get${kind}Policy`, { ...who, PolicyName: policyName }, signal),
              'PolicyDocument',
            ),
          ),
    [session, kind, policyName],
  );
  const text = edited ?? present.value;
  return (
    <Confirmation
      title={policyName === undefined ? 'Create inline policy' : 'Edit inline policy'}
      verb="Save"
      failure="The policy was not saved"
      size="large"
      disabled={name.trim() === '' || text === undefined}
      close={close}
      act={() => save({ PolicyName: name.trim(), PolicyDocument: text ?? '' })}
    >
      <FormField label="Name">
        <Input
          value={name}
          disabled={policyName !== undefined}
          spellcheck={false}
          onChange={({ detail }) => setName(detail.value)}
        />
      </FormField>
      {present.error && <Failure error={present.error} what="The policy cannot be shown" />}
      {present.loading && <Loading what="Loading the policy" />}
      {text !== undefined && (
        <DocumentEditor label="Policy" kind="identity-policy" value={text} onChange={setEdited} />
      )}
    </Confirmation>
  );
}
