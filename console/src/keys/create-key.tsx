import { usagesBySpec } from 'virtual:key-specs';
import Box from '@cloudscape-design/components/box';
import Checkbox from '@cloudscape-design/components/checkbox';
import Container from '@cloudscape-design/components/container';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Wizard from '@cloudscape-design/components/wizard';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { callKms, type InputOf } from '../api/call.ts';
import type { Signing } from '../api/credentials.ts';
import { Failure } from '../layout/failure.tsx';
import { Page } from '../layout/page.tsx';
import { useAction } from '../layout/use-action.ts';
import { faultsOf } from '../policy/faults.ts';
import { PolicyText } from '../policy/policy-text.tsx';
import { PrincipalsField } from '../policy/principals-field.tsx';
import { withStatements } from '../policy/statements.ts';
import { TemplateChooser } from '../policy/template-chooser.tsx';
import { policyFor } from '../policy/templates.ts';
import { useSession } from '../session/context.ts';
import { type TagRow, TagRows } from './tag-rows.tsx';

/** What the person who creates a key has decided so far. */
interface Plan {
  readonly spec: string;
  readonly usage: string;
  readonly origin: string;
  readonly multiRegion: boolean;
  readonly alias: string;
  readonly description: string;
  readonly tags: readonly TagRow[];
  readonly administrators: readonly string[];
  readonly users: readonly string[];
  /** As it was edited; `undefined` while it follows from the rest. */
  readonly policy: string | undefined;
}

const FIRST: Plan = {
  spec: 'SYMMETRIC_DEFAULT',
  usage: 'ENCRYPT_DECRYPT',
  origin: 'AWS_KMS',
  multiRegion: false,
  alias: '',
  description: '',
  tags: [],
  administrators: [],
  users: [],
  policy: undefined,
};

/** Creates a key, step by step, with a key policy that is worked out and can be edited. */
export function CreateKey() {
  const { session } = useSession();
  const [, navigate] = useLocation();
  const [plan, setPlan] = useState(FIRST);
  const [step, setStep] = useState(0);
  const change = (part: Partial<Plan>) => setPlan((before) => ({ ...before, ...part }));
  const policy = plan.policy ?? policyFor({ account: session.account, keyUsage: plan.usage, ...plan });
  const create = useAction(async () => navigate(`/keys/${await createKey(session, plan, policy)}`));

  return (
    <Page title="Create key" parents={[{ text: 'KMS keys', path: '/keys' }]}>
      <Wizard
        activeStepIndex={step}
        onNavigate={({ detail }) => setStep(detail.requestedStepIndex)}
        onCancel={() => navigate('/keys')}
        onSubmit={() => void create.run()}
        isLoadingNextStep={create.running}
        i18nStrings={{
          stepNumberLabel: (number) => `Step ${number}`,
          collapsedStepsLabel: (number, count) => `Step ${number} of ${count}`,
          cancelButton: 'Cancel',
          previousButton: 'Previous',
          nextButton: 'Next',
          submitButton: 'Create key',
        }}
        steps={[
          { title: 'Kind of key', content: <Kind plan={plan} change={change} /> },
          { title: 'Labels', content: <Labels plan={plan} change={change} /> },
          {
            title: 'Key policy',
            content: <Policy plan={plan} policy={policy} change={change} error={create.error} />,
          },
          {
            title: 'Review',
            content: (
              <SpaceBetween size="m">
                <Review plan={plan} />
                {create.error && <Failure error={create.error} what="The key was not created" />}
                {create.error && faultsOf(create.error).length > 0 && (
                  <Box>The faults are marked in the step “Key policy”.</Box>
                )}
              </SpaceBetween>
            ),
          },
        ]}
      />
    </Page>
  );
}

interface StepProps {
  readonly plan: Plan;
  readonly change: (part: Partial<Plan>) => void;
}

function Kind({ plan, change }: StepProps) {
  return (
    <Container>
      <SpaceBetween size="m">
        <Choice
          label="Key spec"
          description="SYMMETRIC_DEFAULT encrypts and decrypts, and is what most are looking for."
          value={plan.spec}
          values={Object.keys(usagesBySpec)}
          onChange={(spec) => change({ spec, usage: usagesBySpec[spec]?.[0] ?? '' })}
        />
        <Choice
          label="Key usage"
          value={plan.usage}
          values={usagesBySpec[plan.spec] ?? []}
          onChange={(usage) => change({ usage })}
        />
        <Choice
          label="Key material"
          description="AWS_KMS: QKMS generates it. EXTERNAL: you import it later."
          value={plan.origin}
          values={['AWS_KMS', 'EXTERNAL']}
          onChange={(origin) => change({ origin })}
        />
        <Checkbox
          checked={plan.multiRegion}
          onChange={({ detail }) => change({ multiRegion: detail.checked })}
        >
          Multi-Region key, which can have replicas in other Regions
        </Checkbox>
      </SpaceBetween>
    </Container>
  );
}

function Choice({
  label,
  description,
  value,
  values,
  onChange,
}: {
  readonly label: string;
  readonly description?: string;
  readonly value: string;
  readonly values: readonly string[];
  readonly onChange: (value: string) => void;
}) {
  return (
    <FormField label={label} description={description}>
      <Select
        selectedOption={{ value, label: value }}
        options={values.map((each) => ({ value: each, label: each }))}
        onChange={({ detail }) => onChange(detail.selectedOption.value ?? value)}
      />
    </FormField>
  );
}

function Labels({ plan, change }: StepProps) {
  return (
    <Container>
      <SpaceBetween size="m">
        <FormField label="Alias - optional" description="A name for the key, such as app/orders.">
          <Input
            value={plan.alias}
            onChange={({ detail }) => change({ alias: detail.value })}
            spellcheck={false}
          />
        </FormField>
        <FormField label="Description - optional">
          <Input value={plan.description} onChange={({ detail }) => change({ description: detail.value })} />
        </FormField>
        <TagRows tags={plan.tags} onChange={(tags) => change({ tags })} />
      </SpaceBetween>
    </Container>
  );
}

function Policy({
  plan,
  policy,
  change,
  error,
}: StepProps & { readonly policy: string; readonly error: Parameters<typeof PolicyText>[0]['error'] }) {
  const { session } = useSession();
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">Who may do what</Header>}>
        <SpaceBetween size="m">
          <PrincipalsField
            label="Key administrators"
            description="They may administer the key, but not use it."
            chosen={plan.administrators}
            onChange={(administrators) => change({ administrators, policy: undefined })}
          />
          <PrincipalsField
            label="Key users"
            description="They may use the key for what it is for."
            chosen={plan.users}
            onChange={(users) => change({ users, policy: undefined })}
          />
        </SpaceBetween>
      </Container>
      <Container
        header={
          <Header
            variant="h2"
            description="The account, and whoever its identity policies name, administer the key."
          >
            Key policy
          </Header>
        }
      >
        <ExpandableSection headerText="Begin with a template">
          <TemplateChooser
            about={{ account: session.account, region: session.region, keyUsage: plan.usage }}
            choose={(statements) =>
              change({ policy: withStatements({ document: {}, statements }, statements) })
            }
          />
        </ExpandableSection>
        <PolicyText
          value={policy}
          onChange={(text) => text !== policy && change({ policy: text })}
          error={error}
        />
      </Container>
    </SpaceBetween>
  );
}

function Review({ plan }: { readonly plan: Plan }) {
  const items = [
    { label: 'Key spec', value: plan.spec },
    { label: 'Key usage', value: plan.usage },
    { label: 'Key material', value: plan.origin },
    { label: 'Multi-Region', value: plan.multiRegion ? 'Yes' : 'No' },
    { label: 'Alias', value: plan.alias || '-' },
    { label: 'Description', value: <span className="breaks-anywhere">{plan.description || '-'}</span> },
    { label: 'Tags', value: plan.tags.map(({ key, value }) => `${key} = ${value}`).join(', ') || '-' },
    { label: 'Key policy', value: plan.policy === undefined ? 'as worked out' : 'edited' },
  ];
  return (
    <Container>
      <KeyValuePairs columns={3} items={items} />
    </Container>
  );
}

/**
 * Creates the key, and its alias.
 *
 * @returns the key id
 * @throws ApiError
 */
async function createKey(signing: Signing, plan: Plan, policy: string): Promise<string> {
  // What the choices offer is what the operation takes; the server checks it.
  const kind = { KeySpec: plan.spec, KeyUsage: plan.usage, Origin: plan.origin } as InputOf<'CreateKey'>;
  const { KeyMetadata } = await callKms(signing, 'CreateKey', {
    ...kind,
    MultiRegion: plan.multiRegion,
    Description: plan.description,
    Policy: policy,
    Tags: plan.tags
      .filter(({ key }) => key !== '')
      .map(({ key, value }) => ({ TagKey: key, TagValue: value })),
  });
  const keyId = KeyMetadata?.KeyId ?? '';
  if (plan.alias.trim() !== '') {
    const AliasName = `alias/${plan.alias.trim().replace(/^alias\//, '')}`;
    await callKms(signing, 'CreateAlias', { AliasName, TargetKeyId: keyId });
  }
  return keyId;
}
