import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Checkbox from '@cloudscape-design/components/checkbox';
import SpaceBetween from '@cloudscape-design/components/space-between';

/** Warns somebody whom a policy would lock out, and asks whether to skip the policy lockout safety check. */
export function LockoutWarning({
  verb,
  bypass,
  onChange,
}: {
  /** What is done all the same, such as `save`. */
  readonly verb: string;
  readonly bypass: boolean;
  readonly onChange: (bypass: boolean) => void;
}) {
  return (
    <Alert type="warning" header="You would lock yourself out">
      <SpaceBetween size="xs">
        <Box>
          Under this policy you could not put the next one. The key may become unmanageable, and nobody could
          mend that, not even the root user of the account.
        </Box>
        <Checkbox checked={bypass} onChange={({ detail }) => onChange(detail.checked)}>
          I know, and want to {verb} it all the same
        </Checkbox>
      </SpaceBetween>
    </Alert>
  );
}
