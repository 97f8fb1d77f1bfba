/** The services, by their names on the wire, as people call them. */
export const SERVICE_NAMES: ReadonlyMap<string, string> = new Map([
  ['kms', 'Key Management Service'],
  ['qkms', "QKMS's own operations"],
  ['iam', 'Identity and Access Management'],
  ['sts', 'Security Token Service'],
  ['cloudtrail', 'CloudTrail'],
  ['organizations', 'Organizations'],
]);
