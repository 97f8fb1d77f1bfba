import {
  changeIdentity,
  constraints,
  createIdentity,
  type Identity,
  newProviderDetails,
  normalizeIssuer,
  parseIdentityArn,
  providerName,
  quotas,
  removeIdentity,
  requireFewClientIds,
  requireFewThumbprints,
  requireIssuerUrl,
} from '../../iam/index.ts';
import { list, optional, required, string, structure } from '../../model/index.ts';
import { addTags, listOfKind, requestTagConditions, requireRoom } from './common.ts';
import { showAnyTags } from './descriptions.ts';
import * as examples from './example-values.ts';
import { iamOperation } from './iam-operation.ts';
import * as refusals from './refusals.ts';
import * as shapes from './shapes.ts';

const providerArn = required(shapes.arn, 'The ARN of the provider.');
const clientId = string(constraints.CLIENT_ID);
const clientIds = list(clientId);
const thumbprints = list(string(constraints.THUMBPRINT));
const url = string(constraints.ISSUER_URL);

function ofProvider<const P extends `iam:${string}`>(permission: P) {
  return {
    kind: 'identity',
    identity: 'oidc-provider',
    member: 'OpenIDConnectProviderArn',
    permission,
  } as const;
}

/** As IAM shows it: without `https://`. */
function showUrl({ details }: Identity<'oidc-provider'>): string {
  return details.url.replace(/^https:\/\//, '');
}

export const createOpenIDConnectProvider = iamOperation({
  name: 'CreateOpenIDConnectProvider',
  summary:
    'Registers an OpenID Connect provider, whose tokens the account accepts in AssumeRoleWithWebIdentity where the trust policy of a role names the provider. Provider and keys are not looked at before the first token.',
  input: structure({
    Url: required(
      url,
      'The issuer, as its tokens name it (iss): https://, a host, perhaps a path. http:// is accepted too, for networks that can be trusted.',
    ),
    ClientIDList: optional(
      clientIds,
      'The audiences that tokens may be for, such as sts.amazonaws.com; at most 100.',
    ),
    ThumbprintList: optional(
      thumbprints,
      'SHA-1 thumbprints of certificates that are trusted for the provider besides those of public authorities; at most 5.',
    ),
    Tags: optional(shapes.tags, 'Tags for the provider; at most 50.'),
  }),
  output: structure({
    OpenIDConnectProviderArn: optional(shapes.arn, 'The ARN of the provider.'),
    Tags: optional(shapes.tags, 'The tags of the provider.'),
  }),
  targets: {
    provider: {
      kind: 'new-identity',
      identity: 'oidc-provider',
      permission: 'iam:CreateOpenIDConnectProvider',
      place: ({ Url }) => ({ path: '/', name: providerName(normalizeIssuer(Url)) }),
      conditions: ({ Tags }) => requestTagConditions(Tags),
    },
    tagging: {
      kind: 'new-identity',
      identity: 'oidc-provider',
      permission: 'iam:TagOpenIDConnectProvider',
      when: ({ Tags = [] }) => Tags.length > 0,
      place: ({ Url }) => ({ path: '/', name: providerName(normalizeIssuer(Url)) }),
      conditions: ({ Tags }) => requestTagConditions(Tags),
    },
  },
  errors: ['EntityAlreadyExists', 'InvalidInput', 'LimitExceeded'],
  readOnly: false,
  audit: { response: ['OpenIDConnectProviderArn'] },
  examples: [
    {
      title: 'Accept the tokens of an issuer',
      request: { Url: 'https://issuer.example.com', ClientIDList: ['sts.amazonaws.com'] },
    },
  ],
  validate: ({ Url }) => requireIssuerUrl(Url),
  async handler({ input, targets: { provider: place }, iam }) {
    const tags = addTags([], input.Tags ?? []);
    const details = newProviderDetails({
      url: input.Url,
      clientIds: input.ClientIDList ?? [],
      thumbprints: input.ThumbprintList ?? [],
      tags,
    });
    const created = await iam.store.write(async (writer) => {
      await requireRoom(writer, place.accountId, 'oidc-provider');
      return createIdentity(iam, writer, 'oidc-provider', place, details);
    });
    return { OpenIDConnectProviderArn: created.arn, Tags: showAnyTags(tags) };
  },
});

export const getOpenIDConnectProvider = iamOperation({
  name: 'GetOpenIDConnectProvider',
  summary: 'Describes an OpenID Connect provider.',
  input: structure({ OpenIDConnectProviderArn: providerArn }),
  output: structure({
    Url: optional(url, 'The issuer, without https://.'),
    ClientIDList: optional(clientIds, 'The audiences that tokens may be for.'),
    ThumbprintList: optional(thumbprints, 'Thumbprints of certificates that are trusted besides.'),
    CreateDate: shapes.createDate,
    Tags: optional(shapes.tags, 'The tags of the provider.'),
  }),
  targets: { provider: ofProvider('iam:GetOpenIDConnectProvider') },
  errors: ['NoSuchEntity'],
  readOnly: true,
  examples: [
    {
      title: 'Describe a provider',
      request: { OpenIDConnectProviderArn: examples.PROVIDER_ARN },
    },
  ],
  handler({ targets: { provider } }) {
    const { details, creationDate } = provider;
    return {
      Url: showUrl(provider),
      ClientIDList: details.clientIds,
      ThumbprintList: details.thumbprints,
      CreateDate: new Date(creationDate),
      Tags: showAnyTags(details.tags),
    };
  },
});

export const listOpenIDConnectProviders = iamOperation({
  name: 'ListOpenIDConnectProviders',
  summary: 'Lists the OpenID Connect providers of the account, all at once.',
  input: structure({}),
  output: structure({
    OpenIDConnectProviderList: optional(
      list(structure({ Arn: optional(shapes.arn, 'The ARN of the provider.') })),
      'The providers.',
    ),
  }),
  targets: {
    providers: {
      kind: 'account',
      permission: 'iam:ListOpenIDConnectProviders',
      resource: () => 'oidc-provider/*',
    },
  },
  errors: [],
  readOnly: true,
  examples: [
    {
      title: 'List the providers',
      request: {},
    },
  ],
  async handler({ caller, iam }) {
    const { limit } = quotas.PER_ACCOUNT['oidc-provider'];
    const providers = await listOfKind(iam, 'oidc-provider', caller.account, undefined, '', limit);
    return { OpenIDConnectProviderList: providers.map(({ arn }) => ({ Arn: arn })) };
  },
});

export const deleteOpenIDConnectProvider = iamOperation({
  name: 'DeleteOpenIDConnectProvider',
  summary:
    'Deletes an OpenID Connect provider: its tokens are not accepted any more. Does nothing when there is none such.',
  input: structure({ OpenIDConnectProviderArn: providerArn }),
  output: shapes.empty,
  targets: {
    provider: {
      kind: 'identity',
      identity: 'oidc-provider',
      member: 'OpenIDConnectProviderArn',
      mayBeMissing: true,
      permission: 'iam:DeleteOpenIDConnectProvider',
    },
  },
  errors: ['InvalidInput'],
  readOnly: false,
  examples: [
    {
      title: 'Delete a provider',
      request: { OpenIDConnectProviderArn: examples.PROVIDER_ARN },
    },
  ],
  validate({ OpenIDConnectProviderArn: arn }) {
    if (parseIdentityArn(arn)?.kind !== 'oidc-provider') throw refusals.invalidProviderArn(arn);
  },
  async handler({ targets: { provider }, iam }) {
    if (provider !== undefined) await removeIdentity(iam, 'oidc-provider', provider);
    return {};
  },
});

export const updateOpenIDConnectProviderThumbprint = iamOperation({
  name: 'UpdateOpenIDConnectProviderThumbprint',
  summary: 'Replaces the certificate thumbprints of an OpenID Connect provider.',
  input: structure({
    OpenIDConnectProviderArn: providerArn,
    ThumbprintList: required(thumbprints, 'All thumbprints that there shall be; at most 5.'),
  }),
  output: shapes.empty,
  targets: { provider: ofProvider('iam:UpdateOpenIDConnectProviderThumbprint') },
  errors: ['InvalidInput', 'NoSuchEntity'],
  readOnly: false,
  examples: [
    {
      title: 'Trust another certificate',
      request: {
        OpenIDConnectProviderArn: examples.PROVIDER_ARN,
        ThumbprintList: ['990f4193972f2becf12ddeda5237f9c952f20d9e'],
      },
    },
  ],
  async handler({ input, targets, iam }) {
    const given = requireFewThumbprints(input.ThumbprintList);
    await changeIdentity(iam, 'oidc-provider', targets.provider, ({ details }) => ({
      details: { ...details, thumbprints: given },
    }));
    return {};
  },
});

export const addClientIDToOpenIDConnectProvider = iamOperation({
  name: 'AddClientIDToOpenIDConnectProvider',
  summary:
    'Adds an audience that tokens of an OpenID Connect provider may be for, unless it is there already.',
  input: structure({
    OpenIDConnectProviderArn: providerArn,
    ClientID: required(clientId, 'The audience.'),
  }),
  output: shapes.empty,
  targets: { provider: ofProvider('iam:AddClientIDToOpenIDConnectProvider') },
  errors: ['LimitExceeded', 'NoSuchEntity'],
  readOnly: false,
  examples: [
    {
      title: 'Accept tokens for another audience',
      request: { OpenIDConnectProviderArn: examples.PROVIDER_ARN, ClientID: 'orders' },
    },
  ],
  async handler({ input, targets, iam }) {
    await changeIdentity(iam, 'oidc-provider', targets.provider, ({ details }) => ({
      details: {
        ...details,
        clientIds: requireFewClientIds([...new Set([...details.clientIds, input.ClientID])]),
      },
    }));
    return {};
  },
});

export const removeClientIDFromOpenIDConnectProvider = iamOperation({
  name: 'RemoveClientIDFromOpenIDConnectProvider',
  summary: 'Removes an audience that tokens of an OpenID Connect provider may be for, if it is there.',
  input: structure({
    OpenIDConnectProviderArn: providerArn,
    ClientID: required(clientId, 'The audience.'),
  }),
  output: shapes.empty,
  targets: { provider: ofProvider('iam:RemoveClientIDFromOpenIDConnectProvider') },
  errors: ['NoSuchEntity'],
  readOnly: false,
  examples: [
    {
      title: 'Refuse tokens for an audience',
      request: { OpenIDConnectProviderArn: examples.PROVIDER_ARN, ClientID: 'orders' },
    },
  ],
  async handler({ input, targets, iam }) {
    await changeIdentity(iam, 'oidc-provider', targets.provider, ({ details }) => ({
      details: { ...details, clientIds: details.clientIds.filter((id) => id !== input.ClientID) },
    }));
    return {};
  },
});
