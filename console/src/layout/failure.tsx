import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useContext } from 'react';
import { type ApiError, adviceFor } from '../api/errors.ts';
import { SessionContext } from '../session/context.ts';

/** Says what went wrong, what to do about it, and how to find it in the log of the server. */
export function Failure({
  error,
  what,
  retry,
}: {
  readonly error: ApiError;
  /** What could not be done, such as `The keys cannot be listed`. */
  readonly what: string;
  readonly retry?: () => void;
}) {
  const signed = useContext(SessionContext);
  const advice = adviceFor(error);
  const mustSignIn = error.trouble === 'credentials' && signed !== undefined;
  return (
    <Alert
      type={error.trouble === 'denied' ? 'warning' : 'error'}
      header={what}
      action={
        mustSignIn ? (
          <Button onClick={() => signed.changeSession(undefined)}>Sign in again</Button>
        ) : (
          retry && <Button onClick={retry}>Try again</Button>
        )
      }
    >
      <SpaceBetween size="xxs">
        <div className="breaks-anywhere">
          <b>{error.code}</b>
          {error.message === '' ? '' : `: ${error.message}`}
        </div>
        {advice !== undefined && <div>{advice}</div>}
        {error.requestId !== undefined && error.requestId !== '' && (
          <Box variant="small">Request ID {error.requestId}</Box>
        )}
      </SpaceBetween>
    </Alert>
  );
}
