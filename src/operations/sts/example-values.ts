/* Values that the examples of several operations of STS share. */

export const CREDENTIALS = {
  AccessKeyId: 'ASIADHYFRB2WIOSFODNN7',
  SecretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY',
  SessionToken: 'AXNlc3Npb24gdG9rZW5zIGFyZSBsb25nZXIgdGhhbiB0aGlz',
  Expiration: '2026-11-23T13:00:00Z',
};

export const ROLE_ARN = 'arn:aws:iam::111122223333:role/backup';

export const ASSUMED_ROLE_USER = {
  AssumedRoleId: 'AROADBQP57FF2AEXAMPLE:nightly',
  Arn: 'arn:aws:sts::111122223333:assumed-role/backup/nightly',
};
