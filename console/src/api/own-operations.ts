import type { OutputOf } from './call.ts';

/** Where a statement stands in a policy. */
export interface StatementReference {
  readonly Statement: number;
  readonly Sid?: string;
  readonly Line: number;
  readonly Column: number;
}

export interface PolicyChange {
  readonly Direction: 'gains' | 'loses';
  readonly Principals: readonly string[];
  readonly Actions: readonly string[];
  readonly Conditions: readonly { readonly Key: string; readonly Text: string }[];
  readonly Before: string;
  readonly After: string;
  readonly StatementsBefore: readonly StatementReference[];
  readonly StatementsAfter: readonly StatementReference[];
}

export interface PolicyComparison {
  readonly Unchanged: boolean;
  readonly Complete: boolean;
  readonly Omitted: readonly string[];
  readonly Changes: readonly PolicyChange[];
}

export interface PolicyVersion {
  readonly Version: number;
  readonly Policy: string;
  readonly PutBy: string;
  readonly PutDate: number;
  readonly IsCurrent: boolean;
}

export interface ExplainedStatement extends StatementReference {
  readonly Source: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Text: string;
  readonly Applies: boolean;
  readonly Because: string;
}

export interface AccessExplanation {
  readonly Decision: 'allowed' | 'explicitDeny' | 'implicitDeny' | 'undetermined';
  readonly Message?: string;
  readonly DecidingLayer?: string;
  readonly Layers: readonly {
    readonly Layer: string;
    readonly Verdict: 'allows' | 'denies' | 'silent' | 'absent' | 'withheld';
    readonly Note?: string;
    readonly Statements: readonly ExplainedStatement[];
  }[];
  readonly Grants: readonly {
    readonly GrantId: string;
    readonly Applies: boolean;
    readonly Because: string;
  }[];
  readonly Remedies: readonly string[];
}

export interface AuditLogDescription {
  readonly Durability: 'strict' | 'soon' | 'none';
  readonly Origin?: string;
  /** DER (SubjectPublicKeyInfo), in base64. */
  readonly PublicKey?: string;
  readonly Size?: number;
  /** A signed note. */
  readonly Checkpoint?: string;
  readonly CheckpointDate?: number;
  /** In base64. */
  readonly Subtrees?: readonly string[];
}

/** A key that was found, with what of it the caller may see. */
export interface FoundKey {
  readonly KeyMetadata: NonNullable<OutputOf<'DescribeKey'>['KeyMetadata']>;
  readonly AliasNames?: readonly string[];
  readonly Tags?: readonly { readonly TagKey: string; readonly TagValue: string }[];
  /** Empty when it was never used. */
  readonly KeyLastUsage?: { readonly Operation?: string; readonly Timestamp?: number };
}

export interface KeySearchInput {
  readonly KeyStates?: readonly string[];
  readonly KeySpecs?: readonly string[];
  readonly KeyUsages?: readonly string[];
  readonly Origins?: readonly string[];
  readonly KeyManagers?: readonly string[];
  readonly MultiRegion?: boolean;
  readonly Tags?: readonly { readonly TagKey: string; readonly TagValue?: string }[];
  readonly Texts?: readonly string[];
  readonly Limit?: number;
  readonly Marker?: string;
}

export interface KeySearchOutput {
  readonly Keys: readonly FoundKey[];
  readonly MissingPermissions: readonly string[];
  readonly ScannedCount: number;
  readonly NextMarker?: string;
}

/** The operations that AWS does not have, with what they take and give (docs/api/qkms). */
export interface OwnOperations {
  readonly ComparePolicies: {
    readonly input: { readonly KeyId: string; readonly Policy?: string; readonly Version?: number };
    readonly output: PolicyComparison;
  };
  readonly DescribeAuditLog: { readonly input: object; readonly output: AuditLogDescription };
  readonly ExplainAccess: {
    readonly input: {
      readonly KeyId: string;
      readonly Action: string;
      readonly Principal?: string;
      readonly Context?: Readonly<Record<string, string>>;
    };
    readonly output: AccessExplanation;
  };
  readonly ListKeyPolicyVersions: {
    readonly input: { readonly KeyId: string; readonly Limit?: number; readonly Marker?: string };
    readonly output: { readonly Versions: readonly PolicyVersion[]; readonly NextMarker?: string };
  };
  readonly RestoreKeyPolicyVersion: {
    readonly input: {
      readonly KeyId: string;
      readonly Version: number;
      readonly BypassPolicyLockoutSafetyCheck?: boolean;
    };
    readonly output: object;
  };
  readonly SearchKeys: { readonly input: KeySearchInput; readonly output: KeySearchOutput };
}
