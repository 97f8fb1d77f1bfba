import { mkdir, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { flushDirectory } from '../../keyring/index.ts';
import type { CloudTrailSinkUrl } from '../../sink-url.ts';
import { parseObject } from '../log/checkpoint.ts';
import { hashLeaf } from '../log/merkle.ts';
import type { StoredRecord } from '../reading.ts';
import type { AuditSink } from './sink.ts';

const compress = promisify(gzip);
const UNIQUE_LENGTH = 16;

/** What a log file of CloudTrail is about. */
interface LogFile {
  readonly account: string;
  readonly region: string;
  readonly records: StoredRecord[];
}

/**
 * Log files as CloudTrail lays them out in a bucket, one for each account and Region of a delivery
 * (https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html). A file is called after
 * its first record, so that a delivery that is repeated replaces the files of the one that was cut off.
 */
export function cloudTrailSink({ name, directory, intervalSeconds }: CloudTrailSinkUrl): AuditSink {
  return {
    name,
    mostRecords: 5_000,
    longestWait: intervalSeconds * 1000,
    takesCheckpoints: false,
    async deliver({ records }) {
      for (const file of filesOf(records)) {
        const text = `{"Records":[${file.records.map(({ text }) => text).join(',')}]}`;
        await writeDurably(join(directory, pathOf(file)), await compress(text));
      }
    },
  };
}

function filesOf(records: readonly StoredRecord[]): Iterable<LogFile> {
  const files = new Map<string, LogFile>();
  for (const record of records) {
    const { recipientAccountId, awsRegion } = parseObject(record.text) ?? {};
    const account = nameIn(recipientAccountId, /^\d{12}$/);
    const region = nameIn(awsRegion, /^[a-z0-9-]{1,63}$/);
    const file = files.get(`${account}/${region}`) ?? { account, region, records: [] };
    file.records.push(record);
    files.set(`${account}/${region}`, file);
  }
  return files.values();
}

/** Names of directories are of the form that they have to be, whatever a record says. */
function nameIn(value: unknown, form: RegExp): string {
  return typeof value === 'string' && form.test(value) ? value : 'unknown';
}

function pathOf({ account, region, records }: LogFile): string {
  const first = records[0]?.text ?? '';
  const time = String(parseObject(first)?.['eventTime']);
  const [, year = '', month = '', day = '', hour = '', minute = ''] =
    /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)/.exec(time) ?? [];
  const unique = hashLeaf(first).toString('hex').slice(0, UNIQUE_LENGTH);
  const file = `${account}_CloudTrail_${region}_${year}${month}${day}T${hour}${minute}Z_${unique}.json.gz`;
  return join('AWSLogs', account, 'CloudTrail', region, year, month, day, file);
}

/** Writes a file that is there either whole or not at all, and stays there. */
async function writeDurably(path: string, content: Uint8Array): Promise<void> {
  const directory = dirname(path);
  const created = await mkdir(directory, { recursive: true });
  const file = await open(`${path}.part`, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.part`, path);
  await flushDirectory(directory);
  // Directories are durable once those that they are in are.
  if (created === undefined) return;
  for (let inner = directory; inner.length >= created.length; inner = dirname(inner))
    await flushDirectory(dirname(inner));
}
