import { DatabaseSync } from 'node:sqlite';

/*
 * Imported before QKMS (`node --import`): gives every connection to SQLite the mode of `synchronous` that the environment
 * variable QKMS_TEST_SYNCHRONOUS names, instead of the one that QKMS gives it.
 */

const mode = process.env['QKMS_TEST_SYNCHRONOUS'];
const { exec } = DatabaseSync.prototype;
DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string): void {
  exec.call(this, sql);
  exec.call(this, `pragma synchronous = ${mode}`);
};
