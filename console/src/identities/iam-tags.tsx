import { textAt } from '../api/xml.ts';
import { TagsEditor } from '../keys/tags-editor.tsx';
import { useSession } from '../session/context.ts';
import { allItems, callIam } from './iam.ts';

/** What of IAM has tags, as the operations on them are called, and the member that names it. */
const NAME_MEMBERS = {
  User: 'UserName',
  Role: 'RoleName',
  Policy: 'PolicyArn',
  OpenIDConnectProvider: 'OpenIDConnectProviderArn',
} as const;

/** The tags of something of IAM, which can be edited. */
export function IamTags({
  kind,
  name,
}: {
  readonly kind: keyof typeof NAME_MEMBERS;
  /** The ARN of a policy or provider. */
  readonly name: string;
}) {
  const { session } = useSession();
  const which = { [NAME_MEMBERS[kind]]: name };
  return (
    <TagsEditor
      whose={`${kind} ${name}`}
      description={
        kind === 'User' || kind === 'Role'
          ? 'Policies can ask for them: aws:PrincipalTag.'
          : 'Policies can ask for them: aws:ResourceTag.'
      }
      list={async (signal) =>
        (await allItems(session, `List${kind}Tags`, which, 'Tags', signal)).map((tag) => ({
          key: textAt(tag, 'Key'),
          value: textAt(tag, 'Value'),
        }))
      }
      tag={(tags) => {
        const Tags = tags.map(({ key, value }) => ({ Key: key, Value: value }));
        return callIam(session, `Tag${kind}`, { ...which, Tags });
      }}
      untag={(TagKeys) => callIam(session, `Untag${kind}`, { ...which, TagKeys })}
    />
  );
}
