import { isQueryService, QUERY_VERSIONS, signingNameOf, TARGET_PREFIXES } from '../../src/model/index.ts';
import { ERROR_DESCRIPTIONS } from '../../src/operations/errors.ts';
import { allOperations, type Operation } from '../../src/operations/index.ts';
import { defaultRate, type RequestQuota } from '../../src/quotas/index.ts';
import { COMMON_ERRORS } from './common-errors.ts';
import { readRecordedAnswers, textOf } from './examples/recorded.ts';
import type { Example, HeaderRow, OperationPage, QuotaRow, Reference } from './model.ts';
import { permissionsOf } from './permissions.ts';

/**
 * The whole reference, made from the declarations.
 *
 * @throws Error when an error that an operation declares is described nowhere
 */
export function reference(): Reference {
  const operations = allOperations.map(pageOf).sort((one, other) => (one.name < other.name ? -1 : 1));
  return { operations, commonErrors: COMMON_ERRORS };
}

function pageOf(operation: Operation): OperationPage {
  const { name, service, summary, notes = [], readOnly, input, output, examples, pagination } = operation;
  return {
    name,
    service,
    signingName: signingNameOf(service),
    summary,
    notes,
    readOnly,
    unsigned: operation.unsigned === true,
    headers: headersOf(operation),
    input,
    output,
    examples: examples.map((example) => withAnswer(operation, example)),
    errors: operation.errors.toSorted().map((code) => ({ code, description: descriptionOf(code) })),
    permissions: permissionsOf(operation),
    quotas: operation.quota.among.map(quotaRow),
    ...(pagination === undefined ? {} : { pagination }),
  };
}

function withAnswer(
  { service, name }: Operation,
  { title, request }: Operation['examples'][number],
): Example {
  const answer = ANSWERS[`${service}/${name}`]?.[title];
  if (answer === undefined)
    throw new Error(
      `the answer to "${title}" of ${name} is not recorded: node scripts/record-examples.ts ${name}`,
    );
  const contentType = isQueryService(service) ? 'text/xml; charset=utf-8' : 'application/x-amz-json-1.1';
  return { title, request, response: { status: answer.status, contentType, body: textOf(answer) } };
}

const ANSWERS = readRecordedAnswers();

/** A Region where AWS has no rates out of the ordinary. */
const ORDINARY_REGION = 'eu-south-1';

function quotaRow(name: RequestQuota): QuotaRow {
  return {
    name,
    rate: defaultRate(name, ORDINARY_REGION, 'generous'),
    awsRate: defaultRate(name, ORDINARY_REGION, 'aws'),
  };
}

function headersOf({ service, name, unsigned }: Operation): readonly HeaderRow[] {
  const protocol = isQueryService(service)
    ? [
        header(
          'Content-Type',
          `Must be \`application/x-www-form-urlencoded\`. The form names the operation: \`Action=${name}&Version=${QUERY_VERSIONS[service]}\`.`,
        ),
      ]
    : [
        header('Content-Type', 'Must be `application/x-amz-json-1.1`.'),
        header('X-Amz-Target', `Must be \`${TARGET_PREFIXES[service]}.${name}\`.`),
      ];
  if (unsigned === true) return protocol;
  return [
    ...protocol,
    header('X-Amz-Date', 'When the request was signed, such as `20260131T235959Z`.'),
    header(
      'Authorization',
      `An AWS Signature Version 4 for the service \`${signingNameOf(service)}\`. It may also stand in the query string.`,
    ),
    { ...header('X-Amz-Security-Token', 'The session token, with temporary credentials.'), required: false },
  ];
}

function header(name: string, description: string): HeaderRow {
  return { name, required: true, description };
}

function descriptionOf(code: string): string {
  const description = ERROR_DESCRIPTIONS[code];
  if (description === undefined) throw new Error(`src/operations/errors.ts does not describe ${code}`);
  return description;
}
