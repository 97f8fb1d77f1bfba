import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Form from '@cloudscape-design/components/form';
import Header from '@cloudscape-design/components/header';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Tabs from '@cloudscape-design/components/tabs';
import Toggle from '@cloudscape-design/components/toggle';
import { useContext, useState } from 'react';
import type { Example, OperationPage } from '../../../scripts/reference/model.ts';
import { type Exchange, exchange } from '../api/exchange.ts';
import { CodeBlock } from '../layout/code-block.tsx';
import { Failure } from '../layout/failure.tsx';
import { PageLink } from '../layout/link.tsx';
import { useAction } from '../layout/use-action.ts';
import { LazyJsonEditor } from '../policy/lazy-editor.tsx';
import { SessionContext } from '../session/context.ts';
import { DEFAULT_REGION } from '../session/session.ts';
import { ExchangeView } from './exchange-view.tsx';
import { MemberFields } from './form/field.tsx';
import { samplesOf } from './samples/samples.ts';

type Input = Readonly<Record<string, unknown>>;

/** A form made from the shape of the request, which sends it for real, and the same call as code. */
export function TryItOut({
  page,
  example,
  chooseExample,
}: {
  readonly page: OperationPage;
  readonly example: Example | undefined;
  readonly chooseExample: (example: Example | undefined) => void;
}) {
  const signed = useContext(SessionContext);
  const [input, setInput] = useState<Input>({});
  /** Fields keep what is being typed: a new round begins them anew. */
  const [round, setRound] = useState(0);
  const [asJson, setAsJson] = useState(false);
  const [exchanged, setExchanged] = useState<Exchange>();
  const region = signed?.session.region ?? DEFAULT_REGION;
  const send = useAction(async () => {
    if (signed === undefined) return;
    const request = { service: page.service, operation: page.name, input, unsigned: page.unsigned };
    setExchanged(undefined);
    setExchanged(await exchange(signed.session, request));
  });

  const begin = (next: Input) => {
    setInput(next);
    setRound(round + 1);
  };
  return (
    <div id="try-it-out" tabIndex={-1}>
      <Container
        header={
          <Header
            variant="h2"
            description={
              signed === undefined
                ? 'Sign in to send the request.'
                : `The request is really sent, signed as ${signed.session.arn} for ${region}.`
            }
          >
            Try it out
          </Header>
        }
      >
        <SpaceBetween size="l">
          <SpaceBetween size="s" direction="horizontal" alignItems="center">
            {page.examples.length > 0 && (
              <Select
                ariaLabel="Begin with an example"
                placeholder="Begin with an example"
                selectedOption={example === undefined ? null : { value: example.title, label: example.title }}
                options={page.examples.map(({ title }) => ({ value: title, label: title }))}
                onChange={({ detail }) => {
                  const found = page.examples.find(({ title }) => title === detail.selectedOption.value);
                  chooseExample(found);
                  begin(found?.request ?? {});
                }}
              />
            )}
            <Toggle
              checked={asJson}
              onChange={({ detail }) => {
                setAsJson(detail.checked);
                setRound(round + 1);
              }}
            >
              As JSON
            </Toggle>
          </SpaceBetween>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void send.run();
            }}
          >
            <Form
              actions={
                <SpaceBetween direction="horizontal" size="xs">
                  <Button
                    formAction="none"
                    variant="link"
                    onClick={() => {
                      chooseExample(undefined);
                      begin({});
                      setExchanged(undefined);
                    }}
                  >
                    Clear
                  </Button>
                  <Button
                    variant="primary"
                    formAction="submit"
                    loading={send.running}
                    disabled={signed === undefined}
                  >
                    Send request
                  </Button>
                </SpaceBetween>
              }
            >
              {asJson ? (
                <JsonInput key={round} input={input} setInput={setInput} />
              ) : (
                <MemberFields key={round} members={page.input.members} value={input} onChange={setInput} />
              )}
            </Form>
          </form>
          {!page.readOnly && (
            <Alert type="info">
              This operation changes something, and there is no undo but another request.
            </Alert>
          )}
          {signed === undefined && (
            <Alert>
              <PageLink path="/keys">Sign in</PageLink> to send requests.
            </Alert>
          )}
          {send.error && <Failure error={send.error} what="There is no answer" />}
          {exchanged && <ExchangeView exchanged={exchanged} />}
          <Tabs
            ariaLabel="The same call as code"
            tabs={samplesOf({ page, input, region, endpoint: window.location.origin }).map(
              ({ id, label, code }) => ({
                id,
                label,
                content: <CodeBlock code={code} label={`The call in ${label}`} />,
              }),
            )}
          />
        </SpaceBetween>
      </Container>
    </div>
  );
}

/** The whole input as JSON, for what no form can do. */
function JsonInput({
  input,
  setInput,
}: {
  readonly input: Input;
  readonly setInput: (input: Input) => void;
}) {
  const [text, setText] = useState(JSON.stringify(input, undefined, 2));
  const [problem, setProblem] = useState<string>();
  return (
    <SpaceBetween size="xs">
      <LazyJsonEditor
        ariaLabel="Request as JSON"
        value={text}
        onChange={(next) => {
          setText(next);
          try {
            const parsed: unknown = JSON.parse(next);
            if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
              throw new TypeError('not an object');
            setProblem(undefined);
            setInput({ ...parsed });
          } catch (error) {
            setProblem(error instanceof Error ? error.message : String(error));
          }
        }}
      />
      {problem !== undefined && (
        <Alert type="warning">This is no JSON object, and is not sent: {problem}</Alert>
      )}
    </SpaceBetween>
  );
}
