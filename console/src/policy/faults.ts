import type { ApiError } from '../api/errors.ts';
import type { Fault } from './json-editor.tsx';

/** The faults that the server finds in a policy, at the lines and columns that its message names. */
export function faultsOf({ code, message }: ApiError): readonly Fault[] {
  if (!code.startsWith('MalformedPolicyDocument')) return [];
  return [...message.matchAll(/([^;]*?) \(line (\d+), column (\d+)\)/g)].map(
    ([, text = '', line, column]) => ({
      message: text.replace(/^Syntax errors in policy\./, '').trim(),
      line: Number(line),
      column: Number(column),
    }),
  );
}

/** Whether a policy was refused because its author could not put the next one. */
export function isLockout({ code, message }: ApiError): boolean {
  return (
    code === 'MalformedPolicyDocumentException' &&
    message.includes('will not allow you to update the key policy')
  );
}
