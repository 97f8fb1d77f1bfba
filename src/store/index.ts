export * from './access-keys.ts';
export * from './aliases.ts';
export type { EntryCache } from './entry-cache.ts';
export * from './keys.ts';
export * from './migrate.ts';
export { RevisionConflict } from './refusals.ts';
export { openSqlite, type SqliteEngine } from './sqlite.ts';
export { type Reader, Store, type Writer } from './store.ts';
