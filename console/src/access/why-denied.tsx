import { vocabulary } from 'virtual:policy-vocabulary';
import Autosuggest from '@cloudscape-design/components/autosuggest';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Form from '@cloudscape-design/components/form';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';
import { useState } from 'react';
import { callOwn } from '../api/call.ts';
import type { AccessExplanation } from '../api/own-operations.ts';
import { Failure } from '../layout/failure.tsx';
import { Page } from '../layout/page.tsx';
import { useAction } from '../layout/use-action.ts';
import { MapField } from '../reference/form/map-field.tsx';
import { useSession } from '../session/context.ts';
import { readDenial } from './denial.ts';
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

  const paste = (text: string) => {
    setPasted(text);
    const denial = readDenial(text);
    if (denial.key !== undefined) setKey(denial.key);
    if (denial.action !== undefined) setAction(denial.action);
    if (denial.principal !== undefined) setPrincipal(denial.principal);
  };
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
                  description="The text of an AccessDeniedException, or an event as JSON: it fills in what it tells."
                >
                  <Textarea
                    rows={3}
                    value={pasted}
                    onChange={({ detail }) => paste(detail.value)}
                    spellcheck={false}
                  />
                </FormField>
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
