import type { AuditReport } from './audit.ts';
import type { ConsoleReport } from './console.ts';
import type { FloodReport } from './flood.ts';
import type { GrantReport } from './grants.ts';
import type { IdentityReport } from './identities.ts';
import { ratio, section, table, today, whole } from './markdown.ts';
import type { PolicyReport } from './policy.ts';
import type { PostgresReport } from './postgres.ts';
import { renderConsole } from './report-console.ts';
import { renderFlood } from './report-flood.ts';
import { renderGrants, renderPolicies } from './report-policies.ts';
import { renderPostgres } from './report-postgres.ts';
import type { SigningReport } from './signing.ts';
import type { TracingReport } from './tracing.ts';

/** What programs of their own measure, by their names: a section of the results each. */
export interface ApartReports {
  readonly policy: PolicyReport;
  readonly identities: IdentityReport;
  readonly grants: GrantReport;
  readonly signing: SigningReport;
  readonly audit: AuditReport;
  readonly tracing: TracingReport;
  readonly postgres: PostgresReport;
  readonly flood: FloodReport;
  readonly console: ConsoleReport;
}

export type Apart = keyof ApartReports;

interface Section<Report> {
  /** What the title begins with; the whole of it may say more. */
  readonly heading: string;
  title?(report: Report): string;
  render(report: Report): string;
}

/** In the order in which they are measured and shown. */
const SECTIONS: { readonly [A in Apart]: Section<ApartReports[A]> } = {
  policy: { heading: '## Decisions and hostile policies', render: renderPolicies },
  identities: {
    heading: '## Who asks',
    title: ({ users, roles }) => `: ${whole(users)} users, ${whole(roles)} roles`,
    render: renderIdentities,
  },
  grants: { heading: '## Grants', render: renderGrants },
  signing: { heading: '## Signatures', render: renderSigning },
  audit: { heading: '## The audit log', render: renderAudit },
  tracing: { heading: '## Traces', render: renderTracing },
  postgres: { heading: '## Nodes on PostgreSQL', render: renderPostgres },
  flood: { heading: '## An account that floods', render: renderFlood },
  console: { heading: '## The console', render: renderConsole },
};

/** The programs. */
export function isApart(name: string): name is Apart {
  return Object.hasOwn(SECTIONS, name);
}

/** All sections. */
export function renderAllApart(reports: ApartReports): readonly string[] {
  return [
    renderApart('policy', reports.policy),
    renderApart('identities', reports.identities),
    renderApart('grants', reports.grants),
    renderApart('signing', reports.signing),
    renderApart('audit', reports.audit),
    renderApart('tracing', reports.tracing),
    renderApart('postgres', reports.postgres),
    renderApart('flood', reports.flood),
    renderApart('console', reports.console),
  ];
}

function renderApart<A extends Apart>(name: A, report: ApartReports[A], note = ''): string {
  const { heading, title, render }: Section<ApartReports[A]> = SECTIONS[name];
  return section(`${heading}${title?.(report) ?? ''}`, note, render(report));
}

/** The text of results, one section of it measured again; a section that is not there yet comes before the last. */
export function replaceApart<A extends Apart>(text: string, name: A, report: ApartReports[A]): string {
  const rendered = renderApart(name, report, `Measured by itself on ${today()}.`);
  const sections = text.trimEnd().split(/\n\n(?=## )/);
  const at = sections.findIndex((each) => each.startsWith(SECTIONS[name].heading));
  if (at === -1) sections.splice(-1, 0, rendered);
  else sections[at] = rendered;
  return `${sections.join('\n\n')}\n`;
}

function renderIdentities(report: IdentityReport): string {
  const row = (what: string, microseconds: number) => [what, microseconds.toFixed(1)];
  return section(
    table(
      ['', 'µs'],
      [
        row('authenticate a user: signature, credential, all policies (cached)', report.authenticateUser),
        row('of that: collect the policies', report.collectPolicies),
        row(
          'authenticate a role session: signature, token, all policies (cached)',
          report.authenticateSession,
        ),
        row('open a session token not seen before', report.openToken),
        row(
          'open one with a session policy of four statements that another session has too',
          report.openLongToken,
        ),
        row('authenticate a user of whom nothing is cached', report.authenticateUncached),
      ],
    ),
    `Each user has an inline policy, two attached ones and two groups with one each; each role an inline and an attached one; policies have two to five statements. 1,000 of them ask in turn (\`bench/identities.ts\`, without HTTP). The store was filled in ${whole(report.fillSeconds)} s.`,
  );
}

function renderAudit({ connections, costs }: AuditReport): string {
  const [none] = costs;
  const rows = costs.map(({ durability, requestsPerSecond, cpuMicroseconds, p50, p99 }) => [
    `\`${durability}\``,
    whole(requestsPerSecond),
    ratio(requestsPerSecond / (none?.requestsPerSecond ?? Number.NaN)),
    cpuMicroseconds.toFixed(1),
    p50.toFixed(2),
    p99.toFixed(2),
  ]);
  return section(
    table(
      [
        `\`--audit-durability\`, Decrypt over ${connections} connections`,
        'requests/s',
        '÷ `none`',
        'server CPU µs/request',
        'p50 ms',
        'p99 ms',
      ],
      rows,
    ),
    'One process and the thread that writes its records, a store on disk. Medians of rounds in turn (`bench/audit.ts`). Everywhere else in these results, but for the console, nothing is recorded.',
  );
}

function renderTracing({ costs }: TracingReport): string {
  const rows = costs.map(({ sampleRatio, cpuMicroseconds, toNone }) => [
    sampleRatio === undefined ? 'off' : `\`--traces-sample-ratio ${sampleRatio}\``,
    cpuMicroseconds.toFixed(1),
    toNone.toFixed(3),
  ]);
  return section(
    table(['Encrypt of 64 bytes', 'CPU µs/request', '÷ off'], rows),
    'All that is done for a request once it has arrived, without HTTP, and the sending of the spans of those that are traced (`bench/tracing.ts`). Medians of rounds in turn, ratios within the rounds. Where there are no traces, nothing of what makes them is loaded.',
  );
}

function renderSigning(report: SigningReport): string {
  const { signatures, openSslVersion, idle, busy, busyToIdle, slowSignatures, slowKeys } = report;
  const rows = signatures.map(({ keySpec, requestsPerSecond, server, node, openSsl }) => [
    keySpec,
    whole(requestsPerSecond),
    server.toFixed(1),
    node.toFixed(1),
    ratio(node / server),
    ...(openSsl === undefined ? [] : [openSsl.toFixed(1), ratio(openSsl / server)]),
  ]);
  const openSslColumns =
    openSslVersion === undefined ? [] : [`\`openssl speed\`, ${openSslVersion}`, '÷ server'];
  return section(
    table(
      [
        'Sign of 64 bytes',
        'requests/s',
        'server CPU µs/request',
        'OpenSSL in Node, CPU µs',
        '÷ server',
        ...openSslColumns,
      ],
      rows,
    ),
    'The server’s CPU is that of all its threads: a ratio of 0.8 means that on one core it makes 0.8 of the signatures that OpenSSL alone makes there. OpenSSL in Node is a loop of `crypto.sign` in one thread.',
    table(
      ['Decrypt, one connection', 'p50 ms', 'p99 ms'],
      [
        ['nothing else', idle.p50.toFixed(2), idle.p99.toFixed(2)],
        ['under a full load of Sign and CreateKey with RSA_4096', busy.p50.toFixed(2), busy.p99.toFixed(2)],
      ],
    ),
    `The p99 is ${ratio(busyToIdle)} of that without the load (median of the ratios within the rounds), while ${whole(slowSignatures)} signatures and ${slowKeys.toFixed(1)} keys a second are made (\`bench/signing.ts\`).`,
  );
}
