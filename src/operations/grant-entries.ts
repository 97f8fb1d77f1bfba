import { type Iam, showPrincipals } from '../iam/index.ts';
import { detailsOf, type GrantRecord, type Kms, keyArn, rootArn } from '../kms/index.ts';
import * as shapes from './shapes.ts';

/**
 * How grants are listed (`GrantListEntry`); principals by their present ARNs, or by their unique ids when they are gone.
 *
 * @param keyAccount the account of the key that all of them belong to, if it is one
 */
export async function showGrants(kms: Kms, iam: Iam, grants: readonly GrantRecord[], keyAccount?: string) {
  const principals = grants.flatMap(({ grantee, retiringPrincipal = [] }) =>
    [grantee].concat(retiringPrincipal),
  );
  const shown = await iam.store.read((reader) => showPrincipals(reader, iam.partition, principals));
  const show = (principal: string): string => shown.get(principal) ?? principal;
  return Promise.all(
    grants.map(async (grant) =>
      showGrant(kms.partition, grant, keyAccount ?? (await keyAccountOf(kms, grant)), show),
    ),
  );
}

async function keyAccountOf(kms: Kms, { region, keyId, issuingAccount }: GrantRecord): Promise<string> {
  return (await kms.keys.get(`${region}/${keyId}`))?.record.accountId ?? issuingAccount;
}

function showGrant(
  partition: string,
  grant: GrantRecord,
  keyAccount: string,
  show: (principal: string) => string,
) {
  const { operations, constraints, granteeIsService, retiringPrincipalIsService } = detailsOf(grant);
  const { grantee, retiringPrincipal } = grant;
  return {
    KeyId: keyArn(partition, grant.region, keyAccount, grant.keyId),
    GrantId: grant.grantId,
    Name: grant.name,
    CreationDate: new Date(grant.creationDate),
    ...(granteeIsService ? { GranteeServicePrincipal: grantee } : { GranteePrincipal: show(grantee) }),
    ...(retiringPrincipal !== undefined &&
      (retiringPrincipalIsService
        ? { RetiringServicePrincipal: retiringPrincipal }
        : { RetiringPrincipal: show(retiringPrincipal) })),
    IssuingAccount: rootArn(partition, grant.issuingAccount),
    Operations: shapes.GRANT_OPERATION_NAMES.filter((name) => operations.includes(name)),
    Constraints: constraints && {
      EncryptionContextEquals: constraints.encryptionContextEquals,
      EncryptionContextSubset: constraints.encryptionContextSubset,
      SourceArn: constraints.sourceArn,
    },
  };
}
