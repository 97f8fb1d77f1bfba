import Box from '@cloudscape-design/components/box';
import ColumnLayout from '@cloudscape-design/components/column-layout';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { Exchange } from '../api/exchange.ts';
import { CodeBlock } from '../layout/code-block.tsx';

/** A request as it was sent, and the answer to it, with its headers, its time and its id. */
export function ExchangeView({ exchanged }: { readonly exchanged: Exchange }) {
  const { request, response, requestId, milliseconds } = exchanged;
  const isSuccess = response.status === 200;
  return (
    <SpaceBetween size="m">
      <div role="status">
        <KeyValuePairs
          columns={3}
          items={[
            {
              label: 'Status',
              value: (
                <StatusIndicator type={isSuccess ? 'success' : 'error'}>
                  {`${response.status} ${isSuccess ? 'OK' : 'refused'}`}
                </StatusIndicator>
              ),
            },
            { label: 'Time', value: `${milliseconds.toFixed(0)} ms` },
            { label: 'Request ID', value: <span className="breaks-anywhere">{requestId}</span> },
          ]}
        />
      </div>
      <ColumnLayout columns={2}>
        <div>
          <Box variant="h3">Request</Box>
          <CodeBlock
            label="Request as sent"
            code={messageOf('POST / HTTP/1.1', request.headers, request.body)}
          />
        </div>
        <div>
          <Box variant="h3">Response</Box>
          <CodeBlock
            label="Response as received"
            code={messageOf(`HTTP/1.1 ${response.status}`, response.headers, response.body)}
          />
        </div>
      </ColumnLayout>
    </SpaceBetween>
  );
}

function messageOf(start: string, headers: Readonly<Record<string, string>>, body: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return `${start}\n${lines.join('\n')}\n\n${formatted(body)}`;
}

/** JSON on several lines; anything else as it is. */
function formatted(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2);
  } catch {
    return body;
  }
}
