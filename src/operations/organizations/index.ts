import * as accounts from './accounts.ts';

/** Every operation of Organizations. */
export const declaredByOrganizations = Object.values(accounts);
