import { vocabulary } from 'virtual:policy-vocabulary';
import type { CompletionContext, CompletionResult, CompletionSource } from '@codemirror/autocomplete';

const ELEMENTS = [
  'Version',
  'Statement',
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
  'Allow',
  'Deny',
  'AWS',
  'Service',
  '2012-10-17',
  'StringEquals',
  'StringNotEquals',
  'StringLike',
  'StringNotLike',
  'ArnLike',
  'ArnEquals',
  'Bool',
  'Null',
  'IpAddress',
  'NumericLessThanEquals',
  'DateLessThan',
  'ForAllValues:StringEquals',
  'ForAnyValue:StringEquals',
];

/** Completes what stands between quotes: elements, operators, actions, condition keys and principals. */
export function policyCompletion(principals: readonly string[]): CompletionSource {
  const options = [
    ...ELEMENTS.map((label) => ({ label, type: 'keyword' })),
    ...['kms:*', ...vocabulary.actions].map((label) => ({ label, type: 'function' })),
    ...vocabulary.conditionKeys.map((label) => ({ label, type: 'property' })),
    ...principals.map((label) => ({ label, type: 'variable' })),
  ];
  return (context: CompletionContext): CompletionResult | null => {
    const typed = context.matchBefore(/"[^"\n]*/);
    if (typed === null) return null;
    return { from: typed.from + 1, options, validFor: /^[^"\n]*$/ };
  };
}
