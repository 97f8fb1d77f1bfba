/* Values that the examples of several operations of STS share. */

export const ROLE_ARN = 'arn:aws:iam::111122223333:role/backup';

export const WORKLOAD_ROLE_ARN = 'arn:aws:iam::111122223333:role/workload';

export const WEB_IDENTITY_TOKEN =
  'eyJhbGciOiJFUzI1NiIsImtpZCI6IjEifQ.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlLmNvbSIsImF1ZCI6InN0cy5hbWF6b25hd3MuY29tIiwic3ViIjoibmlnaHRseSJ9.c2lnbmF0dXJl';
