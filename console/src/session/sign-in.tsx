import Alert from '@cloudscape-design/components/alert';
import Autosuggest from '@cloudscape-design/components/autosuggest';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Form from '@cloudscape-design/components/form';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { Failure } from '../layout/failure.tsx';
import { useAction } from '../layout/use-action.ts';
import type { ChangeSession } from './context.ts';
import { DEFAULT_REGION, openSession, REGIONS } from './session.ts';

/** Asks for an access key, and signs in with it. */
export function SignIn({
  changeSession,
  reason,
}: {
  readonly changeSession: ChangeSession;
  /** Why it is asked for again. */
  readonly reason?: string | undefined;
}) {
  const [accessKeyId, setAccessKeyId] = useState('');
  const [secretAccessKey, setSecretAccessKey] = useState('');
  const [sessionToken, setSessionToken] = useState('');
  const [region, setRegion] = useState(DEFAULT_REGION);
  const [tried, setTried] = useState(false);
  const signIn = useAction(async () => {
    const token = sessionToken.trim();
    const credentials = {
      accessKeyId: accessKeyId.trim(),
      secretAccessKey: secretAccessKey.trim(),
      ...(token !== '' && { sessionToken: token }),
    };
    changeSession(await openSession({ credentials, region: region.trim() }, { automatic: false }));
  });

  const missing = (text: string) => (tried && text.trim() === '' ? 'Required' : undefined);
  const submit = () => {
    setTried(true);
    if ([accessKeyId, secretAccessKey, region].every((text) => text.trim() !== '')) void signIn.run();
  };

  return (
    <main className="sign-in">
      <SpaceBetween size="l">
        <Box variant="h1" textAlign="center">
          QKMS console
        </Box>
        {reason !== undefined && <Alert type="warning">{reason}</Alert>}
        <form
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <Container
            header={
              <Header
                variant="h2"
                description="The credentials stay in the memory of this page: reloading it signs you out."
              >
                Sign in
              </Header>
            }
          >
            <Form
              actions={
                <Button variant="primary" formAction="submit" loading={signIn.running}>
                  Sign in
                </Button>
              }
            >
              <SpaceBetween size="m">
                <FormField label="Access key ID" errorText={missing(accessKeyId)}>
                  <Input
                    value={accessKeyId}
                    onChange={({ detail }) => setAccessKeyId(detail.value)}
                    autoComplete={false}
                    spellcheck={false}
                    placeholder="AKIA…"
                    autoFocus
                  />
                </FormField>
                <FormField label="Secret access key" errorText={missing(secretAccessKey)}>
                  <Input
                    type="password"
                    value={secretAccessKey}
                    onChange={({ detail }) => setSecretAccessKey(detail.value)}
                    autoComplete={false}
                  />
                </FormField>
                <FormField
                  label={
                    <span>
                      Session token <i>- optional</i>
                    </span>
                  }
                  description="Temporary credentials have one."
                >
                  <Input
                    type="password"
                    value={sessionToken}
                    onChange={({ detail }) => setSessionToken(detail.value)}
                    autoComplete={false}
                  />
                </FormField>
                <FormField label="Region" errorText={missing(region)}>
                  <Autosuggest
                    value={region}
                    onChange={({ detail }) => setRegion(detail.value)}
                    options={REGIONS.map((value) => ({ value }))}
                    enteredTextLabel={(value) => `Use ${value}`}
                    ariaLabel="Region"
                  />
                </FormField>
                {signIn.error && <Failure error={signIn.error} what="Signing in failed" />}
              </SpaceBetween>
            </Form>
          </Container>
        </form>
      </SpaceBetween>
    </main>
  );
}
