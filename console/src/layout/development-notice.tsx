import Flashbar from '@cloudscape-design/components/flashbar';
import { useContext, useState } from 'react';
import { SessionContext } from '../session/context.ts';

/** Says that nobody had to sign in, until it is dismissed. */
export function DevelopmentNotice() {
  const signed = useContext(SessionContext);
  const [dismissed, setDismissed] = useState(false);
  if (signed?.session.automatic !== true || dismissed) return undefined;
  return (
    <Flashbar
      items={[
        {
          id: 'development',
          type: 'info',
          header: 'This is a development server',
          content: `You were signed in by itself, as the root user of account ${signed.session.account}: any credentials are accepted here. Never use it for keys that matter.`,
          dismissible: true,
          dismissLabel: 'Dismiss',
          onDismiss: () => setDismissed(true),
        },
      ]}
    />
  );
}
