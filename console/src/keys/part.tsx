import Box from '@cloudscape-design/components/box';
import Popover from '@cloudscape-design/components/popover';
import Spinner from '@cloudscape-design/components/spinner';
import type { ReactNode } from 'react';
import { adviceFor } from '../api/errors.ts';
import type { Part } from './describe-key.ts';

/** Shows one part of something, or that it is on its way, or why it cannot be shown. */
export function PartView<T>({
  part,
  children,
}: {
  readonly part: Part<T>;
  readonly children: (value: T) => ReactNode;
}) {
  if (part === undefined) return <Spinner />;
  if ('value' in part) return children(part.value);
  const { code, message, trouble } = part.error;
  return (
    <Popover
      header={code}
      content={
        <span className="breaks-anywhere">
          {message} {adviceFor(part.error)}
        </span>
      }
    >
      <Box color="text-status-inactive" display="inline">
        {trouble === 'denied' ? 'denied' : 'not available'}
      </Box>
    </Popover>
  );
}
