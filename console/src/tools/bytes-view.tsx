import Box from '@cloudscape-design/components/box';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { CodeBlock } from '../layout/code-block.tsx';
import { decode, type Encoding, toHex } from '../reference/form/bytes.ts';

const ENCODINGS: readonly { readonly id: Encoding; readonly text: string }[] = [
  { id: 'text', text: 'Text' },
  { id: 'hex', text: 'Hex' },
  { id: 'base64', text: 'Base64' },
];

/** Bytes of an answer, as text, hexadecimal digits or base64. */
export function BytesView({
  label,
  base64,
  first = 'base64',
}: {
  readonly label: string;
  readonly base64: string;
  /** How they are shown at first; as text only if they are one. */
  readonly first?: Encoding;
}) {
  const text = textOf(base64);
  const [chosen, setChosen] = useState(first);
  const encoding = chosen === 'text' && text === undefined ? 'base64' : chosen;
  const shown = { text: text ?? '', hex: toHex(decode(base64)), base64 };
  return (
    <SpaceBetween size="xs">
      <Box variant="awsui-key-label">{label}</Box>
      <SegmentedControl
        label={`${label} as`}
        selectedId={encoding}
        options={ENCODINGS.map((option) => ({
          ...option,
          disabled: option.id === 'text' && text === undefined,
        }))}
        onChange={({ detail }) =>
          setChosen(ENCODINGS.find(({ id }) => id === detail.selectedId)?.id ?? first)
        }
      />
      <CodeBlock label={label} code={shown[encoding]} />
    </SpaceBetween>
  );
}

/** The text that bytes are; `undefined` when they are none that could be read. */
function textOf(base64: string): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(decode(base64));
    return /[^\P{Cc}\t\n\r]/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
