export { compileDecoder } from './decode.ts';
export { compileEncoder } from './encode.ts';
export { type ServiceName, signingNameOf } from './service.ts';
export * from './shapes.ts';
