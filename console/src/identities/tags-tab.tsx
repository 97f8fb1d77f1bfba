import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useEffect, useState } from 'react';
import { textAt } from '../api/xml.ts';
import { type TagRow, TagRows } from '../keys/tag-rows.tsx';
import { Failure } from '../layout/failure.tsx';
import { useAction } from '../layout/use-action.ts';
import { useLoaded } from '../layout/use-loaded.ts';
import { useSession } from '../session/context.ts';
import { allItems, callIam } from './iam.ts';
import { type CarrierKind, nameMember } from './paths.ts';

/** The tags of a user or role, which can be edited. */
export function IamTagsTab({ kind, name }: { readonly kind: CarrierKind; readonly name: string }) {
  const { session } = useSession();
  const [edited, setEdited] = useState<readonly TagRow[]>([]);
  const who = { [nameMember(kind)]: name };
  const tags = useLoaded(
    async (signal) =>
      (await allItems(session, `List${kind}Tags`, who, 'Tags', signal)).map((tag) => ({
        key: textAt(tag, 'Key'),
        value: textAt(tag, 'Value'),
      })),
    [session, kind, name],
  );
  useEffect(() => setEdited(tags.value ?? []), [tags.value]);
  const save = useAction(async () => {
    const kept = edited.filter(({ key }) => key !== '');
    const gone = (tags.value ?? [])
      .map(({ key }) => key)
      .filter((key) => !kept.some((tag) => tag.key === key));
    if (gone.length > 0) await callIam(session, `Untag${kind}`, { ...who, TagKeys: gone });
    if (kept.length > 0)
      await callIam(session, `Tag${kind}`, {
        ...who,
        Tags: kept.map(({ key, value }) => ({ Key: key, Value: value })),
      });
    tags.reload();
  });
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="Policies can ask for them: aws:PrincipalTag."
          actions={
            <Button
              loading={save.running}
              disabled={tags.value === undefined}
              onClick={() => void save.run()}
            >
              Save tags
            </Button>
          }
        >
          Tags
        </Header>
      }
    >
      <SpaceBetween size="m">
        {tags.error && <Failure error={tags.error} what="The tags cannot be shown" retry={tags.reload} />}
        {tags.value && <TagRows tags={edited} onChange={setEdited} />}
        {save.error && <Failure error={save.error} what="The tags were not saved" />}
      </SpaceBetween>
    </Container>
  );
}
