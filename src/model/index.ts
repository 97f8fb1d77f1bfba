export { compileDecoder } from './decode.ts';
export { compileEncoder } from './encode.ts';
export { compileRecorder, type RecordedNames, recordableMembers } from './record.ts';
export * from './service.ts';
export * from './shapes.ts';
