import Autosuggest from '@cloudscape-design/components/autosuggest';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import { useState } from 'react';
import { textAt } from '../api/xml.ts';
import { Confirmation } from '../layout/dialog.tsx';
import { useLoaded } from '../layout/use-loaded.ts';
import { useSession } from '../session/context.ts';
import { columnsOf } from './carriers.tsx';
import { allItems, callIam } from './iam.ts';
import { IamTable } from './iam-table.tsx';
import { nameMember } from './paths.ts';

/** The groups that a user is in. */
export function GroupsOfUserTab({ userName }: { readonly userName: string }) {
  return (
    <Membership
      title="Groups"
      other="Group"
      operation="ListGroupsForUser"
      input={{ UserName: userName }}
      empty="The user is in no group."
      add="Add to group"
      membershipOf={(GroupName) => ({ UserName: userName, GroupName })}
    />
  );
}

/** The users in a group. */
export function MembersTab({ groupName }: { readonly groupName: string }) {
  return (
    <Membership
      title="Users"
      other="User"
      operation="GetGroup"
      input={{ GroupName: groupName }}
      empty="There are no users in the group."
      add="Add user"
      membershipOf={(UserName) => ({ UserName, GroupName: groupName })}
    />
  );
}

function Membership({
  title,
  other,
  operation,
  input,
  empty,
  add,
  membershipOf,
}: {
  readonly title: string;
  /** The kind of what is listed. */
  readonly other: 'User' | 'Group';
  readonly operation: string;
  readonly input: Readonly<Record<string, string>>;
  readonly empty: string;
  readonly add: string;
  readonly membershipOf: (name: string) => Readonly<Record<string, string>>;
}) {
  const { session } = useSession();
  const [adding, setAdding] = useState(false);
  const [removed, setRemoved] = useState<string>();
  const [name, setName] = useState('');
  const [round, setRound] = useState(0);
  const change = async (changing: string, who: string) => {
    await callIam(session, changing, membershipOf(who));
    setRound((before) => before + 1);
  };
  return (
    <>
      <IamTable
        title={title}
        what={`The ${title.toLowerCase()} cannot be listed`}
        operation={operation}
        input={input}
        list={`${other}s`}
        round={round}
        empty={empty}
        actions={<Button onClick={() => setAdding(true)}>{add}</Button>}
        columns={[
          ...columnsOf(other),
          {
            id: 'actions',
            header: 'Actions',
            cell: (item) => {
              const who = textAt(item, nameMember(other));
              return (
                <Button variant="inline-link" ariaLabel={`Remove ${who}`} onClick={() => setRemoved(who)}>
                  Remove
                </Button>
              );
            },
          },
        ]}
      />
      {adding && (
        <Confirmation
          title={add}
          verb="Add"
          failure="The user was not added"
          disabled={name.trim() === ''}
          close={() => setAdding(false)}
          act={() => change('AddUserToGroup', name.trim())}
        >
          <Choice other={other} value={name} onChange={setName} />
        </Confirmation>
      )}
      {removed !== undefined && (
        <Confirmation
          title="Remove from the group"
          verb="Remove"
          failure="The user was not removed"
          close={() => setRemoved(undefined)}
          act={() => change('RemoveUserFromGroup', removed)}
        >
          What the policies of the group allow the user is denied from the very next request on, unless
          something else allows it.
        </Confirmation>
      )}
    </>
  );
}

function Choice({
  other,
  value,
  onChange,
}: {
  readonly other: 'User' | 'Group';
  readonly value: string;
  readonly onChange: (name: string) => void;
}) {
  const { session } = useSession();
  const known = useLoaded(
    (signal) => allItems(session, `List${other}s`, {}, `${other}s`, signal),
    [session, other],
  );
  return (
    <FormField label={other}>
      <Autosuggest
        value={value}
        onChange={({ detail }) => onChange(detail.value)}
        enteredTextLabel={(text) => `Use ${text}`}
        statusType={known.loading ? 'loading' : 'finished'}
        options={(known.value ?? []).map((item) => ({ value: textAt(item, nameMember(other)) }))}
      />
    </FormField>
  );
}
