import {
  STATEMENT_KINDS,
  type Statement,
  type StatementKey,
  type StatementKind,
  type StatementValues,
} from './statements.ts';

/** A statement of a template. */
interface TemplatePart {
  /** The id of its kind. */
  readonly kind: string;
  /** The kind whose values it takes, too, in place of values of its own. */
  readonly valuesOf?: string;
}

/** A whole policy that keys of many owners have. */
export interface PolicyTemplate {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly parts: readonly TemplatePart[];
  /** The key usages that it is for; all of them, when absent. */
  readonly keyUsages?: readonly string[];
}

/** The templates that are offered. */
export const POLICY_TEMPLATES: readonly PolicyTemplate[] = [
  {
    id: 'default',
    label: 'Default: the account decides',
    description: 'The identity policies of the account say who administers the key, and who uses it.',
    parts: [{ kind: 'account' }],
  },
  {
    id: 'administrators-and-users',
    label: 'Administrators and users apart',
    description:
      'Some administer the key and cannot use it; others use it, also through services, and cannot change it.',
    parts: [
      { kind: 'account' },
      { kind: 'administrators' },
      { kind: 'users' },
      { kind: 'grants', valuesOf: 'users' },
    ],
  },
  {
    id: 'verification',
    label: 'Some sign, others only verify',
    description:
      'Some sign or compute MACs; others can verify, and get the public key if there is one, but nothing else.',
    parts: [{ kind: 'account' }, { kind: 'administrators' }, { kind: 'users' }, { kind: 'verifiers' }],
    keyUsages: ['SIGN_VERIFY', 'GENERATE_VERIFY_MAC'],
  },
  {
    id: 'other-accounts',
    label: 'Use from other accounts',
    description:
      'The key is administered here and used in other accounts, where identity policies say who may.',
    parts: [{ kind: 'account' }, { kind: 'administrators' }, { kind: 'another-account' }],
  },
  {
    id: 'service',
    label: 'Use through one service only',
    description: 'Whoever uses the key does so through a service such as s3, and never directly.',
    parts: [{ kind: 'account' }, { kind: 'administrators' }, { kind: 'through-a-service' }],
  },
];

/** The kinds of statements of a template that want values of their own. */
export function kindsToFill({ parts }: PolicyTemplate): readonly StatementKind[] {
  return parts
    .filter(({ valuesOf }) => valuesOf === undefined)
    .map(({ kind }) => kindOf(kind))
    .filter(({ principals, text }) => principals !== undefined || text !== undefined);
}

/** What is filled in of a template, by the id of the kind of statement. */
export type TemplateValues = Readonly<Record<string, StatementValues>>;

/** The statements of a template; `undefined` as long as something has not been filled in. */
export function statementsOf(
  template: PolicyTemplate,
  values: TemplateValues,
  key: StatementKey,
): readonly Statement[] | undefined {
  const isComplete = kindsToFill(template).every(({ id, principals, text }) => {
    const given = values[id] ?? NOTHING;
    return (
      (principals === undefined || given.principals.length > 0) &&
      (text === undefined || text.pattern.test(given.text.trim()))
    );
  });
  if (!isComplete) return undefined;
  return template.parts.map(({ kind, valuesOf = kind }) => {
    const { principals, text } = values[valuesOf] ?? NOTHING;
    return kindOf(kind).make({ principals, text: text.trim() }, key);
  });
}

const NOTHING: StatementValues = { principals: [], text: '' };

function kindOf(id: string): StatementKind {
  const kind = STATEMENT_KINDS.find((each) => each.id === id);
  if (kind === undefined) throw new Error(`there is no kind of statement ${id}`);
  return kind;
}
