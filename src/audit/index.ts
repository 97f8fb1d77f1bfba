export { type AuditKey, openAuditKey, publicKeyOf, verifierKeyOf } from './audit-key.ts';
export {
  type Delivery,
  type DeliveryLag,
  type DeliveryReport,
  deliveryToSink,
  deliveryToWitness,
  readDeliveryLags,
  startDelivery,
} from './delivery/index.ts';
export { auditLogDescriber, type DescribeAuditLog } from './description.ts';
export {
  type AuditEvent,
  type AuditedCall,
  type AuditedDecision,
  eventsOfCall,
} from './events/call-event.ts';
export { rootCredentialsReset } from './events/operator-event.ts';
export { eventOfService, type ServiceAction } from './events/service-event.ts';
export {
  type EventFilter,
  eventLookup,
  type FoundEvent,
  type LookUpEvents,
  type LookupAttribute,
} from './lookup.ts';
export { operatorRecorder, type RecordOperatorAction } from './operator-record.ts';
export { consistencyProofFile, findCheckpointFrom, inclusionProofFile } from './proofs.ts';
export { exportLines, readRecords } from './reading.ts';
export { RepeatedRefusals } from './repeated-refusals.ts';
export { startRetention } from './retention.ts';
export { AuditTrail } from './trail.ts';
