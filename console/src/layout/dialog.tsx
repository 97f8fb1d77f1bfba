import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ReactNode } from 'react';
import { Failure } from './failure.tsx';
import { type Action, useAction } from './use-action.ts';

/** Asks before something is done, does it, and closes; stays open with the reason when it fails. */
export function Dialog({
  title,
  action,
  verb,
  failure,
  disabled = false,
  size = 'medium',
  close,
  children,
}: {
  readonly title: string;
  readonly action: Action<[]>;
  /** What the button says. */
  readonly verb: string;
  /** Such as `The key cannot be disabled`. */
  readonly failure: string;
  readonly disabled?: boolean;
  readonly size?: 'medium' | 'large';
  readonly close: () => void;
  readonly children: ReactNode;
}) {
  const act = async () => {
    if (await action.run()) close();
  };
  return (
    <Modal
      visible
      size={size}
      header={title}
      onDismiss={close}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              Cancel
            </Button>
            <Button variant="primary" loading={action.running} disabled={disabled} onClick={act}>
              {verb}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!disabled) void act();
        }}
      >
        <SpaceBetween size="m">
          {children}
          {action.error && <Failure error={action.error} what={failure} />}
        </SpaceBetween>
      </form>
    </Modal>
  );
}

/** Asks whether something is to be done, and does it. */
export function Confirmation({
  act,
  ...rest
}: { readonly act: () => Promise<void> } & Omit<Parameters<typeof Dialog>[0], 'action'>) {
  return <Dialog {...rest} action={useAction(act)} />;
}
