export { compileDecoder } from './decode.ts';
export { compileEncoder } from './encode.ts';
export * from './service.ts';
export * from './shapes.ts';
