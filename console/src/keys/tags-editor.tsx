import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useEffect, useState } from 'react';
import { Failure } from '../layout/failure.tsx';
import { useAction } from '../layout/use-action.ts';
import { useLoaded } from '../layout/use-loaded.ts';
import { useSession } from '../session/context.ts';
import { type TagRow, TagRows } from './tag-rows.tsx';

/** The tags of something, which can be edited. */
export function TagsEditor({
  whose,
  description,
  list,
  tag,
  untag,
}: {
  /** The ARN or name of what has them. */
  readonly whose: string;
  readonly description?: string;
  list(signal: AbortSignal): Promise<readonly TagRow[]>;
  /** Adds tags, or gives those that there are other values. */
  tag(tags: readonly TagRow[]): Promise<unknown>;
  untag(keys: readonly string[]): Promise<unknown>;
}) {
  const { session } = useSession();
  const [edited, setEdited] = useState<readonly TagRow[]>();
  const tags = useLoaded(list, [session, whose]);
  useEffect(() => setEdited(tags.value), [tags.value]);
  const save = useAction(async () => {
    const kept = (edited ?? []).filter(({ key, value }) => key !== '' || value !== '');
    const gone = (tags.value ?? [])
      .map(({ key }) => key)
      .filter((key) => !kept.some((each) => each.key === key));
    if (gone.length > 0) await untag(gone);
    if (kept.length > 0) await tag(kept);
    tags.reload();
  });
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={description}
          actions={
            <Button
              variant="primary"
              loading={save.running}
              disabled={edited === tags.value}
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
        {edited && <TagRows tags={edited} onChange={setEdited} />}
        {save.error && <Failure error={save.error} what="The tags were not saved" />}
      </SpaceBetween>
    </Container>
  );
}
