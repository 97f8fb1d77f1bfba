import { useEffect, useState } from 'react';
import { Router } from 'wouter';
import { asApiError } from './api/errors.ts';
import { Shell } from './layout/shell.tsx';
import { SessionContext } from './session/context.ts';
import {
  DEFAULT_REGION,
  developmentAccount,
  developmentCredentials,
  openSession,
  type Session,
} from './session/session.ts';

/** The whole console. */
export function App() {
  const [session, setSession] = useState<Session | undefined>();
  const [signingIn, setSigningIn] = useState(developmentAccount() !== undefined);
  const [reason, setReason] = useState<string | undefined>();

  useEffect(() => {
    const account = developmentAccount();
    if (account === undefined) return;
    const signing = { credentials: developmentCredentials(account), region: DEFAULT_REGION };
    openSession(signing, { automatic: true })
      .then(setSession, (error: unknown) =>
        setReason(
          `Signing in by itself, as consoles of development servers do, failed: ${asApiError(error).message}`,
        ),
      )
      .finally(() => setSigningIn(false));
  }, []);

  const signed = session && { session, changeSession: setSession };
  return (
    <Router base="/console">
      <SessionContext value={signed}>
        <Shell signingIn={signingIn} reason={reason} changeSession={setSession} />
      </SessionContext>
    </Router>
  );
}
