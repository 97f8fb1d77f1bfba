import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { callKms, type InputOf } from '../api/call.ts';
import { serverTime } from '../api/exchange.ts';
import { Confirmation } from '../layout/dialog.tsx';
import { Failure } from '../layout/failure.tsx';
import { PageLink } from '../layout/link.tsx';
import { useAction } from '../layout/use-action.ts';
import { BlobField } from '../reference/form/blob-field.tsx';
import { decode } from '../reference/form/bytes.ts';
import { useSession } from '../session/context.ts';
import type { KeyMetadata } from './describe-key.ts';
import { type ReadMaterial, readPrivateKey } from './private-key.ts';
import { canWrap, isSecret, wrapMaterial, wrappingFor } from './wrap-material.ts';

const AS_DECIDED = { value: '', label: 'New if the key never had any, else the same again' } as const;
const TYPES = [
  AS_DECIDED,
  { value: 'NEW_KEY_MATERIAL', label: 'New material, to rotate to on demand' },
  { value: 'EXISTING_KEY_MATERIAL', label: 'Material that the key had before' },
] as const;

/** Imports key material, wrapped in the browser, and deletes it. */
export function ImportTab({
  metadata,
  changed,
}: {
  readonly metadata: KeyMetadata;
  readonly changed: () => void;
}) {
  if (!canWrap()) {
    return (
      <Container header={<Header variant="h2">Key material</Header>}>
        Browsers wrap key material only in pages of HTTPS or of a loopback address: open the console at one,
        or import with the AWS CLI. <PageLink path="/guides/import">The guide</PageLink> tells how.
      </Container>
    );
  }
  return <ImportForm metadata={metadata} changed={changed} />;
}

function ImportForm({ metadata, changed }: Parameters<typeof ImportTab>[0]) {
  const { session } = useSession();
  const { KeyId = '', KeySpec = '', KeyState } = metadata;
  const [material, setMaterial] = useState<string>();
  const [days, setDays] = useState('');
  const [type, setType] = useState<(typeof TYPES)[number]>(AS_DECIDED);
  const [round, setRound] = useState(0);
  const [deleting, setDeleting] = useState(false);
  const read = material === undefined ? undefined : readMaterial(KeySpec, material);
  const isReady = read !== undefined && 'bytes' in read;
  const act = useAction(async () => {
    if (!isReady) return;
    const { PublicKey = '', ImportToken } = await callKms(session, 'GetParametersForImport', {
      KeyId,
      ...wrappingFor(KeySpec),
    });
    const input: InputOf<'ImportKeyMaterial'> = {
      KeyId,
      ImportToken,
      EncryptedKeyMaterial: await wrapMaterial(PublicKey, KeySpec, read.bytes.slice()),
      ...expiryOf(days),
      ...(type.value !== '' && { ImportType: type.value }),
    };
    await callKms(session, 'ImportKeyMaterial', input);
    // What was imported is not kept here any longer than it has to be.
    setMaterial(undefined);
    setRound((before) => before + 1);
    changed();
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) void act.run();
      }}
    >
      <Container
        header={
          <Header
            variant="h2"
            description={
              isSecret(KeySpec)
                ? 'It is wrapped in this browser, under a key that only the server can unwrap it with (RSAES-OAEP with SHA-256).'
                : 'It is wrapped in this browser: under a new AES key (AES key wrap with padding), and that under a key that only the server can unwrap it with (RSAES-OAEP with SHA-256).'
            }
            actions={
              <Button
                formAction="none"
                disabled={KeyState === 'PendingImport'}
                onClick={() => setDeleting(true)}
              >
                Delete key material
              </Button>
            }
          >
            Import key material
          </Header>
        }
      >
        <SpaceBetween size="m">
          {round > 0 && act.error === undefined && (
            <Alert type="success">The key material is imported.</Alert>
          )}
          <FormField
            stretch
            label="Key material"
            description={describeMaterial(KeySpec)}
            errorText={read !== undefined && 'fault' in read ? read.fault : undefined}
          >
            <BlobField key={round} label="Key material" value={material} onChange={setMaterial} />
          </FormField>
          <FormField
            label="Days until it expires - optional"
            description="After that the key cannot be used until the same material is imported again."
            constraintText="1 to 365; empty for never."
          >
            <Input value={days} inputMode="numeric" onChange={({ detail }) => setDays(detail.value)} />
          </FormField>
          {KeySpec === 'SYMMETRIC_DEFAULT' && (
            <FormField label="What it is">
              <Select
                selectedOption={type}
                options={TYPES}
                onChange={({ detail }) =>
                  setType(TYPES.find(({ value }) => value === detail.selectedOption.value) ?? AS_DECIDED)
                }
              />
            </FormField>
          )}
          {act.error && <Failure error={act.error} what="The key material was not imported" />}
          <Button variant="primary" loading={act.running} disabled={!isReady}>
            Import
          </Button>
        </SpaceBetween>
        {deleting && (
          <Confirmation
            title="Delete key material"
            verb="Delete"
            failure="The key material was not deleted"
            close={() => setDeleting(false)}
            act={async () => {
              await callKms(session, 'DeleteImportedKeyMaterial', { KeyId });
              changed();
            }}
          >
            <Alert type="warning">
              The key cannot be used from the very next request on. What was encrypted can be decrypted again
              only when the same key material is imported again: nobody else has it.
            </Alert>
            <Box>All copies that QKMS has are destroyed.</Box>
          </Confirmation>
        )}
      </Container>
    </form>
  );
}

function readMaterial(keySpec: string, material: string): ReadMaterial {
  return isSecret(keySpec) ? { bytes: decode(material) } : readPrivateKey(material);
}

function describeMaterial(keySpec: string): string {
  if (keySpec === 'SYMMETRIC_DEFAULT') return '32 bytes.';
  if (isSecret(keySpec)) return 'As many bytes as the hash of the key spec has.';
  return 'The private key in PKCS #8, not encrypted: PEM, as text or a file, or DER.';
}

function expiryOf(days: string): Pick<InputOf<'ImportKeyMaterial'>, 'ExpirationModel' | 'ValidTo'> {
  if (days.trim() === '') return { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' };
  return {
    ExpirationModel: 'KEY_MATERIAL_EXPIRES',
    ValidTo: Math.floor(serverTime() / 1000 + Number(days) * 86_400),
  };
}
