import Button from '@cloudscape-design/components/button';
import FileUpload from '@cloudscape-design/components/file-upload';
import FormField from '@cloudscape-design/components/form-field';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';
import { useState } from 'react';
import { type Encoding, encode, toBase64 } from './bytes.ts';

type Source = Encoding | 'file';

const SOURCES: readonly { readonly id: Source; readonly text: string }[] = [
  { id: 'text', text: 'Text' },
  { id: 'hex', text: 'Hex' },
  { id: 'base64', text: 'Base64' },
  { id: 'file', text: 'File' },
];

/** Bytes, as text, hexadecimal digits, base64 or a file. The value is base64. */
export function BlobField({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: unknown;
  readonly onChange: (value: string | undefined) => void;
}) {
  const [source, setSource] = useState<Source>(typeof value === 'string' ? 'base64' : 'text');
  const [text, setText] = useState(typeof value === 'string' ? value : '');
  const [files, setFiles] = useState<File[]>([]);
  const isWrong = source !== 'file' && text !== '' && toBase64(text, source) === undefined;

  const change = (next: string, encoding: Source) => {
    setText(next);
    if (encoding !== 'file') onChange(next === '' ? undefined : toBase64(next, encoding));
  };
  return (
    <SpaceBetween size="xs">
      <SegmentedControl
        label={`${label} as`}
        selectedId={source}
        options={[...SOURCES]}
        onChange={({ detail }) => {
          const next = SOURCES.find(({ id }) => id === detail.selectedId)?.id ?? 'text';
          setSource(next);
          change(text, next);
        }}
      />
      {source === 'file' ? (
        <FileUpload
          value={files}
          onChange={async ({ detail }) => {
            setFiles(detail.value);
            const [file] = detail.value;
            onChange(file === undefined ? undefined : encode(new Uint8Array(await file.arrayBuffer())));
          }}
          showFileSize
          i18nStrings={{
            uploadButtonText: () => 'Choose file',
            dropzoneText: () => 'Drop a file here',
            removeFileAriaLabel: () => 'Remove the file',
            errorIconAriaLabel: 'Error',
            limitShowFewer: 'Show fewer',
            limitShowMore: 'Show more',
          }}
        />
      ) : (
        <FormField
          errorText={isWrong ? `This is not ${source === 'hex' ? 'hexadecimal' : 'base64'}.` : undefined}
        >
          <Textarea
            ariaLabel={label}
            rows={2}
            value={text}
            invalid={isWrong}
            spellcheck={false}
            onChange={({ detail }) => change(detail.value, source)}
          />
        </FormField>
      )}
      {source === 'file' && files.length > 0 && (
        <Button
          formAction="none"
          variant="inline-link"
          onClick={() => {
            setFiles([]);
            onChange(undefined);
          }}
        >
          Leave it out
        </Button>
      )}
    </SpaceBetween>
  );
}
