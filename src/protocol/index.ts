export * from './aws-json.ts';
export { unknownOperation } from './refusals.ts';
