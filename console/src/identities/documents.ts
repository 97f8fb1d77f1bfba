/** What a new identity policy begins with. */
export const NEW_IDENTITY_POLICY = JSON.stringify(
  {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['kms:DescribeKey', 'kms:Decrypt'], Resource: '*' }],
  },
  undefined,
  2,
);

/** What the trust policy of a new role begins with: its account decides who may assume it. */
export function newTrustPolicy(account: string, partition: string): string {
  return JSON.stringify(
    {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: `arn:${partition}:iam::${account}:root` },
          Action: 'sts:AssumeRole',
        },
      ],
    },
    undefined,
    2,
  );
}
