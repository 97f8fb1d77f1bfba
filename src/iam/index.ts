export * from './access-key.ts';
export * from './authenticate.ts';
