import {
  automaticRotationOf,
  disableKeyRotation as disableRotation,
  enableKeyRotation as enableRotation,
  invalidOrigin,
  type KeyEntry,
  type KeyMaterialRecord,
  type Origin,
  ROTATION_TYPES,
  requireOnDemandRotation,
  rotateKeyOnDemand as rotateOnDemand,
  rotationUnsupported,
} from '../kms/index.ts';
import {
  boolean,
  enumeration,
  integer,
  list,
  optional,
  string,
  structure,
  timestamp,
  type ValueOf,
} from '../model/index.ts';
import { MANAGEMENT_ERRORS, managedKey, requirePrimary } from './common.ts';
import * as examples from './example-values.ts';
import { operation } from './operation.ts';
import { paginate } from './pagination.ts';
import * as shapes from './shapes.ts';

const DEFAULT_PERIOD = 365;

const rotationPeriod = integer({ min: 90, max: 2560 });
const keyIdOutput = optional(shapes.keyIdentifier, 'The ARN of the key.');

/**
 * Refuses keys whose material is never rotated. (AWS managed keys are rotated by others only: that is for their key
 * policies to refuse.)
 *
 * @throws ServiceError `UnsupportedOperationException`
 */
function requireRotation({ arn, keySpec, origin }: KeyEntry, ...origins: readonly Origin[]): void {
  if (keySpec !== 'SYMMETRIC_DEFAULT') throw rotationUnsupported();
  if (!origins.includes(origin)) throw invalidOrigin(arn, origin);
}

const ROTATION_ERRORS = [...MANAGEMENT_ERRORS, 'DisabledException', 'UnsupportedOperationException'];

export const enableKeyRotation = operation({
  name: 'EnableKeyRotation',
  summary: 'Has the material of a KMS key rotated automatically, or changes how often that is done.',
  notes: ['What rotates and when, and what becomes of old ciphertexts: [key rotation](key-rotation.md).'],
  input: structure({
    KeyId: shapes.keyIdMember,
    RotationPeriodInDays: optional(
      rotationPeriod,
      'Every how many days, 90 to 2,560; 365 by default. A new period begins now.',
    ),
  }),
  output: shapes.empty,
  targets: {
    key: {
      ...managedKey('kms:EnableKeyRotation', 'rotation'),
      kind: 'key',
      requires: (key) => requireRotation(key, 'AWS_KMS'),
      conditions: (input) => ({
        'kms:RotationPeriodInDays': String(input.RotationPeriodInDays ?? DEFAULT_PERIOD),
      }),
    },
  },
  errors: ROTATION_ERRORS,
  readOnly: false,
  quota: 'EnableKeyRotation',
  examples: [
    {
      title: 'Rotate a key every half-year',
      request: { KeyId: examples.KEY_ID, RotationPeriodInDays: 180 },
    },
    { title: 'Rotate a key every year', request: { KeyId: examples.KEY_ID } },
  ],
  check: ({ targets: { key } }) => requirePrimary(key),
  async handler({ input: { RotationPeriodInDays: days = DEFAULT_PERIOD }, targets: { key }, kms }) {
    await enableRotation(kms, key, days);
    return {};
  },
});

export const disableKeyRotation = operation({
  name: 'DisableKeyRotation',
  summary: 'Ends the automatic rotation of the material of a KMS key.',
  input: structure({ KeyId: shapes.keyIdMember }),
  output: shapes.empty,
  targets: {
    key: {
      ...managedKey('kms:DisableKeyRotation', 'rotation'),
      requires: (key) => requireRotation(key, 'AWS_KMS'),
    },
  },
  errors: ROTATION_ERRORS,
  readOnly: false,
  quota: 'DisableKeyRotation',
  examples: [{ title: 'Rotate a key no longer', request: { KeyId: examples.KEY_ID } }],
  check: ({ targets: { key } }) => requirePrimary(key),
  async handler({ targets: { key }, kms }) {
    await disableRotation(kms, key);
    return {};
  },
});

export const getKeyRotationStatus = operation({
  name: 'GetKeyRotationStatus',
  summary: 'Tells whether the material of a KMS key is rotated automatically, how often, and when next.',
  input: structure({ KeyId: shapes.keyIdMember }),
  output: structure({
    KeyRotationEnabled: optional(
      boolean,
      'Whether the key is rotated automatically; false while it waits for its deletion.',
    ),
    KeyId: keyIdOutput,
    RotationPeriodInDays: optional(rotationPeriod, 'Every how many days, when it is.'),
    NextRotationDate: optional(timestamp, 'When next, when it is.'),
    OnDemandRotationStartDate: optional(
      timestamp,
      'When a rotation on demand began that is not done yet. In QKMS it is done when RotateKeyOnDemand answers.',
    ),
  }),
  targets: {
    key: {
      ...managedKey('kms:GetKeyRotationStatus', 'any'),
      crossAccount: true,
      requires: (key) => requireRotation(key, 'AWS_KMS', 'EXTERNAL'),
    },
  },
  errors: [...MANAGEMENT_ERRORS, 'UnsupportedOperationException'],
  readOnly: true,
  quota: 'GetKeyRotationStatus',
  examples: [
    {
      title: 'Look up when a key is rotated next',
      request: { KeyId: examples.KEY_ID },
    },
  ],
  handler({ targets: { key } }) {
    const rotation = automaticRotationOf(key);
    if (rotation === undefined) return { KeyRotationEnabled: false, KeyId: key.arn };
    return {
      KeyRotationEnabled: true,
      KeyId: key.arn,
      RotationPeriodInDays: rotation.periodInDays,
      NextRotationDate: new Date(rotation.nextDate),
    };
  },
});

export const rotateKeyOnDemand = operation({
  name: 'RotateKeyOnDemand',
  summary:
    'Rotates the material of a KMS key now: new material encrypts from now on, all other still decrypts.',
  notes: ['What rotates and when, and what becomes of old ciphertexts: [key rotation](key-rotation.md).'],
  input: structure({ KeyId: shapes.keyIdMember }),
  output: structure({ KeyId: keyIdOutput }),
  targets: { key: managedKey('kms:RotateKeyOnDemand', 'rotateOnDemand') },
  errors: [...ROTATION_ERRORS, 'ConflictException', 'LimitExceededException'],
  readOnly: false,
  quota: 'RotateKeyOnDemand',
  audit: { response: ['KeyId'] },
  examples: [
    {
      title: 'Rotate a key now',
      request: { KeyId: examples.KEY_ID },
    },
  ],
  // What kind of key it is comes after its state here (operations.md section 2, class RODEM).
  check({ targets: { key }, kms }) {
    requireRotation(key, 'AWS_KMS', 'EXTERNAL');
    requirePrimary(key);
    requireOnDemandRotation(kms, key);
  },
  async handler({ targets: { key }, kms }) {
    await rotateOnDemand(kms, key);
    return { KeyId: key.arn };
  },
});

const rotationsListEntry = structure({
  KeyId: keyIdOutput,
  KeyMaterialId: optional(shapes.keyMaterialId, 'The id of the material.'),
  KeyMaterialDescription: optional(
    string({ min: 0, max: 256, pattern: '^[a-zA-Z0-9:/_\\s.-]+$' }),
    'The description of imported material, if it has one.',
  ),
  ImportState: optional(
    enumeration('IMPORTED', 'PENDING_IMPORT'),
    'Whether imported material is there at present.',
  ),
  KeyMaterialState: optional(
    enumeration('NON_CURRENT', 'CURRENT', 'PENDING_ROTATION', 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION'),
    'CURRENT material encrypts and decrypts, NON_CURRENT decrypts; imported material may wait to become current.',
  ),
  ExpirationModel: optional(shapes.expirationModel, 'Whether imported material expires.'),
  ValidTo: optional(timestamp, 'When it does.'),
  RotationDate: optional(timestamp, 'When it became current by a rotation; the first material did not.'),
  RotationType: optional(enumeration(...ROTATION_TYPES), 'Which kind of rotation that was.'),
});

export const listKeyRotations = operation({
  name: 'ListKeyRotations',
  summary: 'Lists the rotations of a KMS key, or all of its material, oldest first.',
  input: structure({
    KeyId: shapes.keyIdMember,
    IncludeKeyMaterial: optional(
      enumeration('ALL_KEY_MATERIAL', 'ROTATIONS_ONLY'),
      'ALL_KEY_MATERIAL adds the first material, and imported material that is not current yet; ROTATIONS_ONLY by default.',
    ),
    Limit: shapes.limit,
    Marker: shapes.marker,
  }),
  output: structure({
    Rotations: optional(
      list(rotationsListEntry),
      'The rotations, each by the material that it made current.',
    ),
    NextMarker: shapes.nextMarker,
    Truncated: shapes.truncated,
  }),
  targets: {
    key: {
      ...managedKey('kms:ListKeyRotations', 'any'),
      requires: (key) => requireRotation(key, 'AWS_KMS', 'EXTERNAL'),
    },
  },
  errors: [
    'InvalidArnException',
    'InvalidMarkerException',
    'KMSInternalException',
    'KMSInvalidStateException',
    'NotFoundException',
    'UnsupportedOperationException',
  ],
  readOnly: true,
  quota: 'ListKeyRotations',
  pagination: { defaultLimit: 100, maximumLimit: 1000 },
  examples: [
    {
      title: 'List when a key was rotated',
      request: { KeyId: examples.KEY_ID },
    },
    {
      title: 'List all key materials that a key has',
      request: { KeyId: examples.KEY_ID, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' },
    },
  ],
  async handler(call) {
    const { key } = call.targets;
    const { IncludeKeyMaterial: include = 'ROTATIONS_ONLY' } = call.input;
    const listed = key.materialRecords.filter(
      ({ rotationDate }) => include === 'ALL_KEY_MATERIAL' || rotationDate !== undefined,
    );
    const { items, ...page } = await paginate(
      call,
      `${key.record.keyId}/${include}`,
      (after, limit) => {
        const last = listed.findIndex(({ keyMaterialId }) => keyMaterialId === after);
        return listed.slice(last + 1, last + 1 + limit);
      },
      ({ keyMaterialId }) => keyMaterialId,
    );
    return { Rotations: items.map((material) => describeMaterial(key, material)), ...page };
  },
});

function describeMaterial(key: KeyEntry, material: KeyMaterialRecord): ValueOf<typeof rotationsListEntry> {
  const { keyMaterialId, rotationDate, rotationType } = material;
  return {
    KeyId: key.arn,
    KeyMaterialId: keyMaterialId,
    KeyMaterialState: materialStateOf(key, material),
    ...(key.origin === 'EXTERNAL' && describeImport(material)),
    ...(rotationDate !== undefined && { RotationDate: new Date(rotationDate) }),
    RotationType: ROTATION_TYPES.find((type) => type === rotationType),
  };
}

function materialStateOf({ record }: KeyEntry, { keyMaterialId, pending }: KeyMaterialRecord) {
  if (pending === 'ROTATION') return 'PENDING_ROTATION';
  if (pending === 'MULTI_REGION_IMPORT_AND_ROTATION') return 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION';
  return keyMaterialId === record.currentKeyMaterialId ? 'CURRENT' : 'NON_CURRENT';
}

function describeImport({
  description,
  wrappedKeyMaterial,
  validTo,
}: KeyMaterialRecord): ValueOf<typeof rotationsListEntry> {
  const described = description === '' ? {} : { KeyMaterialDescription: description };
  if (wrappedKeyMaterial === undefined) return { ...described, ImportState: 'PENDING_IMPORT' };
  return {
    ...described,
    ImportState: 'IMPORTED',
    ...(validTo === undefined
      ? { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }
      : { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: new Date(validTo) }),
  };
}
