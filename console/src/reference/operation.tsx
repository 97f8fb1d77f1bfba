import { reference } from 'virtual:reference';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { requestText, responseText } from '../../../scripts/reference/example-text.ts';
import type { Example, OperationPage, Permission, QuotaRow } from '../../../scripts/reference/model.ts';
import { isQueryService } from '../../../src/model/service.ts';
import { CodeBlock } from '../layout/code-block.tsx';
import { InlineMarkdown } from '../layout/markdown.tsx';
import { Page } from '../layout/page.tsx';
import { DataTable } from './data-table.tsx';
import { pathOfDocument } from './guides.tsx';
import { MembersTable } from './members-table.tsx';
import { SERVICE_NAMES } from './services.ts';
import { TryItOut } from './try-it-out.tsx';

/** The reference of one operation, and a form to try it. */
export function OperationReference({ service, name }: { readonly service: string; readonly name: string }) {
  const page = reference.operations.find((each) => each.service === service && each.name === name);
  const parents = [{ text: 'API reference', path: '/reference' }];
  if (page === undefined) {
    return (
      <Page title="There is no such operation" parents={parents}>
        <Box>
          {SERVICE_NAMES.has(service)
            ? `The service has no operation ${name}.`
            : `There is no service ${service}.`}
        </Box>
      </Page>
    );
  }
  return (
    <Page
      title={name}
      parents={parents}
      description={SERVICE_NAMES.get(page.service)}
      actions={
        <Button onClick={goToForm} iconName="angle-down">
          Try it out
        </Button>
      }
    >
      {/* Another operation begins with an empty form. */}
      <Sections key={`${service}/${name}`} page={page} />
    </Page>
  );
}

/** Scrolls to the form, and has the keyboard there, too. */
function goToForm(): void {
  const form = document.getElementById('try-it-out');
  form?.scrollIntoView();
  form?.focus({ preventScroll: true });
}

function Sections({ page }: { readonly page: OperationPage }) {
  const [chosen, setChosen] = useState<Example | undefined>();
  const timestamps = isQueryService(page.service) ? 'iso-8601' : 'seconds';
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">Description</Header>}>
        <SpaceBetween size="m">
          <InlineMarkdown text={page.summary} />
          {page.notes.length > 0 && (
            <ul>
              {page.notes.map((note) => (
                <li key={note}>
                  <InlineMarkdown text={note} resolveLink={pathOfDocument} />
                </li>
              ))}
            </ul>
          )}
          <Facts page={page} />
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2">Request syntax</Header>}>
        <SpaceBetween size="l">
          <div>
            <Box variant="h3">Headers</Box>
            <DataTable
              label="Headers"
              head={['Name', 'Required', 'Description']}
              rows={page.headers.map(({ name, required, description }) => ({
                key: name,
                cells: [name, required ? 'Yes' : 'No', <InlineMarkdown key="text" text={description} />],
              }))}
            />
          </div>
          <div>
            <Box variant="h3">Request body</Box>
            <MembersTable label="Request body" members={page.input.members} timestamps={timestamps} />
          </div>
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2">Response</Header>}>
        <MembersTable label="Response" members={page.output.members} timestamps={timestamps} />
      </Container>
      {page.examples.length > 0 && (
        <Container header={<Header variant="h2">Examples</Header>}>
          <SpaceBetween size="l">
            {page.examples.map((example, index) => (
              <ExampleView key={example.title} page={page} example={example} number={index + 1} />
            ))}
          </SpaceBetween>
        </Container>
      )}
      <Errors page={page} />
      <Container header={<Header variant="h2">Permissions</Header>}>
        <Permissions permissions={page.permissions} />
      </Container>
      <TryItOut page={page} example={chosen} chooseExample={setChosen} />
    </SpaceBetween>
  );
}

function Facts({
  page: { readOnly, pagination, permissions, quotas, input, unsigned, service },
}: {
  readonly page: OperationPage;
}) {
  const keys = permissions.filter(({ crossAccount }) => crossAccount !== undefined);
  const items = [
    { label: 'Changes anything', value: readOnly ? 'No' : 'Yes, effective immediately' },
    ...(keys.length === 0
      ? []
      : [
          { label: 'Key states', value: [...new Set(keys.map(statesText))].join('; ') },
          {
            label: 'Keys of other accounts',
            value: keys.some(({ crossAccount }) => crossAccount === true)
              ? 'Yes, if their key policy and an identity policy of the caller, or a grant, allow it'
              : 'No',
          },
        ]),
    ...(pagination === undefined
      ? []
      : [
          {
            label: 'Items on a page',
            value: `${pagination.defaultLimit}, ${pagination.maximumLimit} at most`,
          },
        ]),
    { label: 'Requests a second, for an account in a Region', value: quotas.map(quotaText).join('; ') },
    ...('DryRun' in input.members ? [{ label: 'Dry run', value: 'Yes, with DryRun' }] : []),
    ...('GrantTokens' in input.members ? [{ label: 'Grant tokens', value: 'Accepted' }] : []),
    ...(unsigned ? [{ label: 'Signature', value: 'None: the token proves who asks' }] : []),
    { label: 'Service', value: SERVICE_NAMES.get(service) ?? service },
  ];
  return <KeyValuePairs columns={3} minColumnWidth={200} items={items} />;
}

function quotaText({ name, rate, awsRate }: QuotaRow): string {
  const [here, there] = [rate, awsRate].map((value) => value.toLocaleString('en-US'));
  return `${name}: ${here}${rate === awsRate ? '' : ` (AWS: ${there})`}`;
}

function statesText({ refusedStates = [] }: Permission): string {
  return refusedStates.length === 0 ? 'Any' : `All but ${refusedStates.join(', ')}`;
}

function ExampleView({
  page,
  example,
  number,
}: {
  readonly page: OperationPage;
  readonly example: Example;
  readonly number: number;
}) {
  return (
    <SpaceBetween size="xs">
      <Box variant="h3">
        Example {number}: {example.title}
      </Box>
      <Box variant="awsui-key-label">Request</Box>
      <CodeBlock label={`Request of example ${number}`} code={requestText(page, example)} />
      <Box variant="awsui-key-label">Response</Box>
      <CodeBlock label={`Response of example ${number}`} code={responseText(example)} />
    </SpaceBetween>
  );
}

function Errors({ page }: { readonly page: OperationPage }) {
  const table = (label: string, errors: OperationPage['errors']) => (
    <DataTable
      label={label}
      head={['Error', 'When']}
      rows={errors.map(({ code, description }) => ({
        key: code,
        cells: [code, <InlineMarkdown key="text" text={description} />],
      }))}
    />
  );
  return (
    <Container header={<Header variant="h2">Errors</Header>}>
      <SpaceBetween size="m">
        {page.errors.length === 0 ? <Box>It has none of its own.</Box> : table('Special errors', page.errors)}
        <ExpandableSection headerText="Errors of every operation">
          {table('Errors of every operation', reference.commonErrors)}
        </ExpandableSection>
      </SpaceBetween>
    </Container>
  );
}

function Permissions({ permissions }: { readonly permissions: readonly Permission[] }) {
  if (permissions.length === 0) return <Box>None.</Box>;
  return (
    <ul>
      {permissions.map(({ text, conditionKeys }) => (
        <li key={text}>
          <InlineMarkdown text={text} />
          {conditionKeys.length > 0 && (
            <div>
              Condition keys: <InlineMarkdown text={conditionKeys.map((key) => `\`${key}\``).join(', ')} />
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}
