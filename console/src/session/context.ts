import { createContext, useContext } from 'react';
import type { Session } from './session.ts';

/** Changes who is signed in; `undefined` signs out. */
export type ChangeSession = (session: Session | undefined) => void;

interface Signed {
  readonly session: Session;
  readonly changeSession: ChangeSession;
}

export const SessionContext = createContext<Signed | undefined>(undefined);

/** Who is signed in. Only for what is shown to those who are. */
export function useSession(): Signed {
  const signed = useContext(SessionContext);
  if (signed === undefined) throw new Error('nobody is signed in');
  return signed;
}
