/* Values that the examples of several operations of IAM share. */

export const TRUST_POLICY =
  '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/engineering/ada"},"Action":"sts:AssumeRole"}}';

export const USER_ARN = 'arn:aws:iam::111122223333:user/engineering/ada';

export const IDENTITY_POLICY =
  '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:Encrypt","Resource":"*"}}';

export const POLICY_ARN = 'arn:aws:iam::111122223333:policy/use-keys';

export const PROVIDER_ARN = 'arn:aws:iam::111122223333:oidc-provider/issuer.example.com';

export const WEB_IDENTITY_TRUST_POLICY =
  '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/issuer.example.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"issuer.example.com:aud":"sts.amazonaws.com"}}}}';
