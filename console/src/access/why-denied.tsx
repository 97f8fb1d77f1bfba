import { vocabulary } from 'virtual:policy-vocabulary';
import Autosuggest from '@cloudscape-design/components/autosuggest';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Form from '@cloudscape-design/components/form';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Textarea from '@cloudscape-design/components/textarea';
import { useEffect, useState } from 'react';
import { useSearch } from 'wouter';
import { callOwn } from '../api/call.ts';
import type { AccessExplanation } from '../api/own-operations.ts';
import type { AuditEvent } from '../audit/event.ts';
import { pathOfEvent } from '../audit/event-table.tsx';
import { RecordingNotice } from '../audit/recording-notice.tsx';
import { findEvent } from '../audit/search.ts';
import { useAuditLog } from '../audit/use-audit-log.ts';
import { Failure } from '../layout/failure.tsx';
import { formatTime } from '../layout/format.ts';
import { PageLink } from '../layout/link.tsx';
import { Page } from '../layout/page.tsx';
import { useAction } from '../layout/use-action.ts';
import { MapField } from '../reference/form/map-field.tsx';
import { useSession } from '../session/context.ts';
import { idIn, readDenial } from './denial.ts';
import { ExplanationView } from './explanation.tsx';

/** Finds out why a request was denied, or would be. */
export function WhyDenied() {
  const { session } = useSession();
  const [pasted, setPasted] = useState('');
  const [key, setKey] = useState('');
  const [action, setAction] = useState('kms:Decrypt');
  const [principal, setPrincipal] = useState('');
  const [context, setContext] = useState<Readonly<Record<string, string>>>({});
  const [explanation, setExplanation] = useState<AccessExplanation>();
  const [event, setEvent] = useState<AuditEvent>();
  const given = new URLSearchParams(useSearch()).get('event') ?? '';
  const explain = useAction(async () => {
    setExplanation(undefined);
    setExplanation(
      await callOwn(session, 'ExplainAccess', {
        KeyId: key.trim(),
        Action: action.trim(),
        ...(principal.trim() !== '' && { Principal: principal.trim() }),
        ...(Object.keys(context).length > 0 && { Context: context }),
      }),
    );
  });

  const fillIn = (text: string) => {
    const denial = readDenial(text);
    if (denial.key !== undefined) setKey(denial.key);
    if (denial.action !== undefined) setAction(denial.action);
    if (denial.principal !== undefined) setPrincipal(denial.principal);
    if (denial.context !== undefined) setContext(denial.context);
  };
  const [missing, setMissing] = useState<string>();
  const find = useAction(async (id: string) => {
    const found = (await findEvent(session, 'EventId', id)) ?? (await findEvent(session, 'RequestId', id));
    setEvent(found);
    setMissing(found === undefined ? id : undefined);
    if (found !== undefined) fillIn(found.text);
  });
  const paste = (text: string) => {
    setPasted(text);
    setMissing(undefined);
    setEvent(undefined);
    find.reset();
    const id = idIn(text);
    if (id === undefined) fillIn(text);
    else void find.run(id);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: with the event that the address names
  useEffect(() => {
    if (idIn(given) !== undefined) paste(given);
  }, [given]);
  return (
    <Page
      title="Why was this denied?"
      description="What each policy and grant says of a request, and what would have to change."
    >
      <SpaceBetween size="l">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void explain.run();
          }}
        >
          <Container header={<Header variant="h2">The request</Header>}>
            <Form
              actions={
                <Button
                  variant="primary"
                  formAction="submit"
                  loading={explain.running}
                  disabled={key.trim() === '' || action.trim() === ''}
                >
                  Explain
                </Button>
              }
            >
              <SpaceBetween size="m">
                <FormField
                  stretch
                  label="Paste an error - optional"
                  description="The text of an AccessDeniedException, a request ID, an event ID, or an event as JSON: it fills in what it tells."
                >
                  <Textarea
                    rows={3}
                    value={pasted}
                    onChange={({ detail }) => paste(detail.value)}
                    spellcheck={false}
                  />
                </FormField>
                {find.running && (
                  <StatusIndicator type="loading">Looking it up in the audit log</StatusIndicator>
                )}
                {find.error && <Failure error={find.error} what="It cannot be looked up" />}
                {missing !== undefined && <NotFound id={missing} />}
                {event && <Recorded event={event} />}
                <FormField label="Key" description="Key ID, key ARN, alias name or alias ARN.">
                  <Input value={key} onChange={({ detail }) => setKey(detail.value)} spellcheck={false} />
                </FormField>
                <FormField label="Action">
                  <Autosuggest
                    value={action}
                    onChange={({ detail }) => setAction(detail.value)}
                    options={vocabulary.actions.map((value) => ({ value }))}
                    enteredTextLabel={(value) => `Use ${value}`}
                  />
                </FormField>
                <FormField
                  label="Principal"
                  description="The ARN of a user, role or session; you, when it is left out."
                >
                  <Input
                    value={principal}
                    onChange={({ detail }) => setPrincipal(detail.value)}
                    placeholder={session.arn}
                    spellcheck={false}
                  />
                </FormField>
                <FormField
                  stretch
                  label="Condition keys - optional"
                  description="Such as kms:EncryptionContext:department, with the values that the request has."
                >
                  <MapField
                    key={event === undefined ? pasted : `event ${event.id}`}
                    label="condition keys"
                    value={context}
                    onChange={(value) => setContext(value ?? {})}
                  />
                </FormField>
              </SpaceBetween>
            </Form>
          </Container>
        </form>
        {explain.error && <Failure error={explain.error} what="It cannot be explained" />}
        {explanation && (
          <Container header={<Header variant="h2">The decision</Header>}>
            <ExplanationView explanation={explanation} />
          </Container>
        )}
      </SpaceBetween>
    </Page>
  );
}

/** Which event the request was taken from: policies may have changed since. */
function Recorded({ event }: { readonly event: AuditEvent }) {
  return (
    <div>
      From <PageLink path={pathOfEvent(event)}>{event.name}</PageLink> of {formatTime(event.time)}
      {event.errorCode === undefined ? ', which was not refused' : ''}. It is explained by the policies and
      grants that there are now.
    </div>
  );
}

function NotFound({ id }: { readonly id: string }) {
  const log = useAuditLog();
  return (
    <SpaceBetween size="s">
      <StatusIndicator type="warning">
        There is no event or request {id} of this account in this Region
      </StatusIndicator>
      <RecordingNotice log={log} />
    </SpaceBetween>
  );
}
