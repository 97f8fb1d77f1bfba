import { parse } from 'node:querystring';
import { ServiceError } from '../errors.ts';
import { QUERY_VERSIONS, type QueryService, type Shape, type StructureShape } from '../model/index.ts';
import type { Protocol } from './protocol.ts';
import { tooManyParameters, unknownOperation } from './refusals.ts';

/*
 * The AWS Query protocol that IAM and STS speak: a form in, XML out.
 *
 *   Action=CreateUser&Version=2010-05-08&UserName=Ada&Tags.member.1.Key=team&Tags.member.1.Value=orders
 */

/** The services that speak this protocol, by the API version that a request names. */
const SERVICES: Readonly<Record<string, { readonly service: QueryService; readonly namespace: string }>> = {
  [QUERY_VERSIONS.iam]: { service: 'iam', namespace: `https://iam.amazonaws.com/doc/${QUERY_VERSIONS.iam}/` },
  [QUERY_VERSIONS.sts]: { service: 'sts', namespace: `https://sts.amazonaws.com/doc/${QUERY_VERSIONS.sts}/` },
};

/** The codes and statuses by which this protocol knows what AWS JSON calls otherwise. */
const ERRORS: Readonly<Record<string, { readonly code: string; readonly status: number }>> = {
  AccessDeniedException: { code: 'AccessDenied', status: 403 },
  ExpiredTokenException: { code: 'ExpiredToken', status: 403 },
  // What an operation of STS calls an expired OpenID Connect token is what others call an expired credential.
  ExpiredWebIdentityToken: { code: 'ExpiredTokenException', status: 400 },
  DependencyTimeoutException: { code: 'ServiceUnavailable', status: 503 },
  IncompleteSignatureException: { code: 'IncompleteSignature', status: 400 },
  InvalidSignatureException: { code: 'SignatureDoesNotMatch', status: 403 },
  KMSInternalException: { code: 'InternalFailure', status: 500 },
  MissingAuthenticationTokenException: { code: 'MissingAuthenticationToken', status: 403 },
  SerializationException: { code: 'MalformedInput', status: 400 },
  ThrottlingException: { code: 'Throttling', status: 400 },
  UnknownOperationException: { code: 'InvalidAction', status: 400 },
  UnrecognizedClientException: { code: 'InvalidClientTokenId', status: 403 },
  ValidationException: { code: 'ValidationError', status: 400 },
};

/** The AWS Query protocol. */
export const awsQuery: Protocol = {
  contentType: 'text/xml; charset=utf-8',
  readTarget({ body }) {
    const parameters = parseForm(body);
    const service = SERVICES[parameters.get('Version') ?? '']?.service;
    const operation = parameters.get('Action');
    if (service === undefined || operation === undefined)
      throw unknownOperation(
        'Action and Version must name an operation of IAM (2010-05-08) or STS (2011-06-15).',
      );
    return { service, operation };
  },
  readInput: ({ body }, shape) => structureForm(shape, partsOf(parseForm(body), shape)) ?? {},
  unknownOperationText: (name) => `Could not find operation ${name} for this version.`,
  renderOutput(operation, output, requestId) {
    const { namespace = '' } =
      Object.values(SERVICES).find(({ service }) => service === operation.service) ?? {};
    return renderResult(namespace, operation.name, operation.output, output, requestId);
  },
  renderRefusal(error, requestId) {
    const { code, status } = ERRORS[error.code] ?? error;
    return { status, body: renderError(new ServiceError(code, error.message, { status }), requestId) };
  },
};

/** The parameters of a form; of a repeated name the first value counts. */
type FormParameters = ReadonlyMap<string, string>;

/** More parameters than any request of these services can make use of. */
const MOST_PARAMETERS = 20_000;
const AMPERSAND = 0x26;

/**
 * Parses a form body. Bytes that are no UTF-8 become replacement characters, which no name or path admits. Not by
 * URLSearchParams: that takes time in proportion to the square of the number of parameters.
 *
 * @throws ServiceError `SerializationException` for a form that is all names: anybody can send one, unsigned
 */
function parseForm(body: Buffer): FormParameters {
  const separators = body.reduce((count, byte) => (byte === AMPERSAND ? count + 1 : count), 0);
  if (separators >= MOST_PARAMETERS) throw tooManyParameters(MOST_PARAMETERS);
  const parameters = new Map<string, string>();
  for (const [name, value = ''] of Object.entries(parse(body.toString('utf8'), '&', '=', { maxKeys: 0 })))
    parameters.set(name, typeof value === 'string' ? value : (value[0] ?? ''));
  return parameters;
}

/** The parameters of a form under a common prefix: `a.b=1` is the part `b`, with the value 1, of the part `a`. */
interface FormPart {
  value: string | undefined;
  readonly parts: Map<string, FormPart>;
}

/** More labels than the name of any member has, such as the six of `ContextEntries.member.1.ContextKeyValues.member.1`. */
const TOO_MANY_LABELS = 10;

/** The parts of a form that can mean something to a shape: what else a sender makes up takes no room. */
function partsOf(parameters: FormParameters, shape: StructureShape): FormPart {
  const root: FormPart = { value: undefined, parts: new Map() };
  for (const [name, value] of parameters) {
    const labels = name.split('.', TOO_MANY_LABELS);
    if (labels.length === TOO_MANY_LABELS || !Object.hasOwn(shape.members, labels[0] ?? '')) continue;
    let part = root;
    for (const label of labels) {
      const next = part.parts.get(label) ?? { value: undefined, parts: new Map() };
      part.parts.set(label, next);
      part = next;
    }
    part.value = value;
  }
  return root;
}

/**
 * Gives a form the structure of a shape: lists are `Name.member.1`, structures `Name.Member`, maps `Name.entry.1.key`.
 * The result is what a JSON body would have been, for the shape's own decoder to check; a text that is no number or
 * boolean is left a text for the decoder to refuse. Takes time in proportion to the form.
 */
function structureForm(shape: Shape, part: FormPart | undefined): unknown {
  if (part === undefined) return undefined;
  switch (shape.kind) {
    case 'structure':
      if (part.parts.size === 0) return undefined;
      return Object.fromEntries(
        Object.entries(shape.members).map(([name, member]) => [
          name,
          structureForm(member.shape, part.parts.get(name)),
        ]),
      );
    case 'list': {
      // `Name=` alone stands for an empty list.
      const members = numbered(part.parts.get('member'));
      return part.value === undefined && members.length === 0
        ? undefined
        : members.map((member) => structureForm(shape.member, member));
    }
    case 'map': {
      const entries = numbered(part.parts.get('entry'));
      return Object.fromEntries(
        entries.map(({ parts }) => [
          parts.get('key')?.value ?? '',
          scalar(shape.value, parts.get('value')?.value ?? ''),
        ]),
      );
    }
    default:
      return scalar(shape, part.value);
  }
}

/** The parts 1, 2, 3, … up to the first that is missing. */
function numbered(part: FormPart | undefined): readonly FormPart[] {
  const found: FormPart[] = [];
  for (;;) {
    const next = part?.parts.get(String(found.length + 1));
    if (next === undefined) return found;
    found.push(next);
  }
}

function scalar(shape: Shape, text: string | undefined): unknown {
  if (text === undefined) return undefined;
  switch (shape.kind) {
    case 'integer':
      return /^-?[0-9]+$/.test(text) ? Number(text) : text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'timestamp': {
      const milliseconds = Date.parse(text);
      return Number.isNaN(milliseconds) ? text : milliseconds / 1000;
    }
    default:
      return text;
  }
}

function renderResult(
  namespace: string,
  operation: string,
  shape: StructureShape,
  output: object,
  requestId: string,
): string {
  const result =
    Object.keys(shape.members).length === 0
      ? ''
      : element(`${operation}Result`, structureContent(shape, output));
  const metadata = element('ResponseMetadata', element('RequestId', requestId));
  return `<${operation}Response xmlns="${namespace}">${result}${metadata}</${operation}Response>`;
}

function renderError({ code, message, status }: ServiceError, requestId: string): string {
  const type = element('Type', status >= 500 ? 'Receiver' : 'Sender');
  const error = type + element('Code', escapeXml(code)) + element('Message', escapeXml(message));
  return element('ErrorResponse', element('Error', error) + element('RequestId', requestId));
}

function structureContent({ members }: StructureShape, value: object): string {
  return Object.entries(members)
    .map(([name, { shape }]) => {
      const member: unknown = Reflect.get(value, name);
      return member === undefined ? '' : element(name, contentOf(shape, member));
    })
    .join('');
}

function contentOf(shape: Shape, value: unknown): string {
  switch (shape.kind) {
    case 'structure':
      return typeof value === 'object' && value !== null ? structureContent(shape, value) : '';
    case 'list':
      return Array.isArray(value)
        ? value.map((member) => element('member', contentOf(shape.member, member))).join('')
        : '';
    case 'map':
      return Object.entries(Object(value))
        .map(([key, each]) =>
          element('entry', element('key', escapeXml(key)) + element('value', contentOf(shape.value, each))),
        )
        .join('');
    case 'timestamp':
      return value instanceof Date ? `${value.toISOString().slice(0, 19)}Z` : '';
    case 'blob':
      return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : '';
    default:
      return escapeXml(String(value));
  }
}

function element(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Escapes markup; characters that XML 1.0 does not admit at all become replacement characters. */
function escapeXml(text: string): string {
  return (
    text
      .replace(/[&<>"]/g, (character) => ESCAPES[character] ?? '')
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: XML admits no other control characters than these.
      .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '\uFFFD')
      .replaceAll('\r', '&#xD;')
  );
}
