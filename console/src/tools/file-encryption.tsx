import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FileUpload from '@cloudscape-design/components/file-upload';
import FormField from '@cloudscape-design/components/form-field';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import ProgressBar from '@cloudscape-design/components/progress-bar';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useEffect, useRef, useState } from 'react';
import { PageLink } from '../layout/link.tsx';
import { useAction } from '../layout/use-action.ts';
import { useSession } from '../session/context.ts';
import { decryptFile, encryptFile } from './encrypted-files.ts';
import { KeyField } from './key-field.tsx';
import type { Bytes, EncryptionContext, MessageHeader } from './message-header.ts';
import { type PrivateFile, removeLeftFiles, writePrivateFile } from './private-file.ts';
import { Context } from './text-encryption.tsx';
import { Tool } from './tool.tsx';

/** What encrypted files are called after what they were. */
const EXTENSION = '.encrypted';

/** Encrypts and decrypts files of any size in the browser. */
export function FileEncryption() {
  useEffect(() => void removeLeftFiles(), []);
  return (
    <SpaceBetween size="l">
      <Alert type="info">
        Files do not leave this machine: the server makes, and decrypts, the data key of each. The AWS
        Encryption SDK reads what is encrypted here. See{' '}
        <PageLink path="/guides/console#files">the guide</PageLink>.
      </Alert>
      <EncryptFile />
      <DecryptFile />
    </SpaceBetween>
  );
}

function EncryptFile() {
  const { session } = useSession();
  const [keyId, setKeyId] = useState('');
  const [context, setContext] = useState<EncryptionContext>();
  const work = useFileWork((file, signal) => encryptFile(session, keyId.trim(), file, context ?? {}, signal));
  return (
    <Tool
      title="Encrypt a file"
      verb="Encrypt"
      failure="The file was not encrypted"
      action={work.action}
      disabled={keyId.trim() === '' || work.file === undefined}
      result={<Work work={work} name={`${work.file?.name}${EXTENSION}`} done="The file is encrypted." />}
    >
      <FileField label="File to encrypt" work={work} />
      <KeyField value={keyId} onChange={setKeyId} />
      <Context value={context} onChange={setContext} />
    </Tool>
  );
}

function DecryptFile() {
  const { session } = useSession();
  const [header, setHeader] = useState<MessageHeader>();
  const work = useFileWork((file, signal) => {
    setHeader(undefined);
    return decryptFile(session, file, setHeader, signal);
  });
  const name = work.file?.name ?? '';
  const plain = name.endsWith(EXTENSION) ? name.slice(0, -EXTENSION.length) : `${name}.decrypted`;
  return (
    <Tool
      title="Decrypt a file"
      description="It is handed out only when it is known to be whole and unchanged."
      verb="Decrypt"
      failure="The file was not decrypted"
      action={work.action}
      disabled={work.file === undefined}
      result={
        <>
          <Work work={work} name={plain} done="The file is decrypted." />
          {header && <HeaderView header={header} />}
        </>
      }
    >
      <FileField label="File to decrypt" work={work} />
    </Tool>
  );
}

/** What the beginning of an encrypted file says. */
function HeaderView({ header }: { readonly header: MessageHeader }) {
  const pairs = Object.entries(header.encryptionContext);
  return (
    <KeyValuePairs
      columns={2}
      items={[
        {
          label: 'Encrypted under',
          value: (
            <span className="breaks-anywhere">
              {header.encryptedDataKeys.map(({ keyArn }) => keyArn).join(', ')}
            </span>
          ),
        },
        {
          label: 'Encryption context',
          value: (
            <span className="breaks-anywhere">
              {pairs.length === 0 ? 'None' : pairs.map(([key, value]) => `${key} = ${value}`).join(', ')}
            </span>
          ),
        },
      ]}
    />
  );
}

/** A file, what is being made of it, and what came of it. */
interface FileWork {
  readonly file: File | undefined;
  choose(file: File | undefined): void;
  readonly action: ReturnType<typeof useAction<[]>>;
  /** How many bytes have been written; `undefined` when nothing is being done. */
  readonly written: number | undefined;
  readonly made: PrivateFile | undefined;
  cancel(): void;
}

function useFileWork(make: (file: File, signal: AbortSignal) => AsyncIterable<Bytes>): FileWork {
  const [file, setFile] = useState<File>();
  const [written, setWritten] = useState<number>();
  const [made, setMade] = useState<PrivateFile>();
  const controller = useRef<AbortController>(undefined);
  const kept = useRef<PrivateFile>(undefined);

  const keep = (next: PrivateFile | undefined) => {
    void kept.current?.remove();
    kept.current = next;
    setMade(next);
  };
  useEffect(
    () => () => {
      controller.current?.abort();
      void kept.current?.remove();
    },
    [],
  );
  const action = useAction<[]>(async () => {
    if (file === undefined) return;
    keep(undefined);
    const current = new AbortController();
    controller.current = current;
    const { signal } = current;
    let total = 0;
    setWritten(0);
    try {
      const next = await writePrivateFile(make(file, signal), (bytes) => {
        total += bytes;
        setWritten(total);
      });
      if (signal.aborted) await next.remove();
      else keep(next);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      setWritten(undefined);
    }
  });
  return {
    file,
    choose(next) {
      setFile(next);
      keep(undefined);
      action.reset();
    },
    action,
    written,
    made,
    cancel: () => controller.current?.abort(),
  };
}

function FileField({ label, work }: { readonly label: string; readonly work: FileWork }) {
  return (
    <FormField label={label}>
      <FileUpload
        value={work.file === undefined ? [] : [work.file]}
        onChange={({ detail }) => work.choose(detail.value[0])}
        showFileSize
        i18nStrings={{
          uploadButtonText: () => 'Choose file',
          dropzoneText: () => 'Drop the file here',
          removeFileAriaLabel: () => 'Remove the file',
          errorIconAriaLabel: 'Error',
          limitShowFewer: 'Show fewer',
          limitShowMore: 'Show more',
        }}
      />
    </FormField>
  );
}

/** How far it is, or what came of it. */
function Work({
  work,
  name,
  done,
}: {
  readonly work: FileWork;
  readonly name: string;
  readonly done: string;
}) {
  const { file, written, made } = work;
  if (file === undefined) return undefined;
  if (written !== undefined) {
    return (
      <SpaceBetween size="xs">
        <ProgressBar
          label="Progress"
          value={file.size === 0 ? 100 : Math.min(100, (written / file.size) * 100)}
          additionalInfo={`${sizeText(written)} of ${sizeText(file.size)}`}
        />
        <Button onClick={work.cancel}>Cancel</Button>
      </SpaceBetween>
    );
  }
  if (made === undefined) return undefined;
  return (
    <Alert
      type="success"
      action={
        <Button variant="primary" onClick={() => save(made.file, name)}>
          Save {name}
        </Button>
      }
    >
      {done}
      <Box variant="small" display="block">
        {sizeText(made.file.size)}; the browser keeps it until you leave this page.
      </Box>
    </Alert>
  );
}

/** Has the browser save a file as others that are downloaded. */
function save(file: File, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken hold of the file by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

function sizeText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power]}`;
}
