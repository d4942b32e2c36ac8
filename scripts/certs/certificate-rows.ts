import { parse as parseName } from 'node:path';
import { styleText } from 'node:util';
import { caName } from '../../charts/kube/names.ts';
import type { Authority } from '../../model/identity.ts';
import { table } from '../cli/table.ts';
import type { CertificateHolder } from './certificate-holder.ts';
import { lacks, settledMs } from './missing.ts';
import { keyOf, type Observation } from './observe.ts';

/** A certificate, its holders, and whether each of them is up to date. */
export interface CertificateRow {
  /** `NAMESPACE/NAME` of the Certificate. */
  certificate: string;
  commonName: string;
  usage: 'server' | 'client' | 'authority';
  /** The ClusterIssuer, with authority and generation. */
  issuer: string;
  /** Serial number of the newest certificate; absent before the first was issued. */
  serial?: string;
  notAfter?: string;
  /** Reason why no valid certificate exists, or why the requested one is not issued. */
  problem?: string;
  uses: {
    who: string;
    by: CertificateHolder['by'];
    serial?: string;
    /** `waits`: the certificate may still be on its way to the process. */
    state: 'current' | 'waits' | 'old';
    /** The missing action of the process. */
    lacks?: string;
    remedy?: string;
  }[];
}

/** Every certificate of these authorities, with their CA certificates first. */
export function rowsOf(authorities: readonly Authority[], observation: Observation): CertificateRow[] {
  return authorities.flatMap((authority) => [
    ...authority.trusted.map((generation) => authorityRow(authority, generation, observation)),
    ...authority.leaves.map((leaf): CertificateRow => {
      const { at, trust, uses } = observation;
      const known = trust.get(authority.name);
      const row = certificateRow(keyOf(leaf), caName(authority.name, authority.issuing), observation);
      const current = observation.issued.get(keyOf(leaf))?.current;
      const since = Math.max(
        current?.notBefore.getTime() ?? 0,
        known?.spread.get(leaf.namespace)?.since.getTime() ?? 0,
      );
      const wanted = {
        serial: current?.serial ?? '',
        ids: [...(known?.roots.keys() ?? [])],
        waitedMs: at.getTime() - since,
      };
      return {
        ...row,
        commonName: leaf.commonName,
        usage: leaf.usage,
        uses: (uses.get(keyOf(leaf)) ?? []).map((use) => {
          const what = lacks(use, wanted);
          const state = what === undefined ? 'current' : wanted.waitedMs < settledMs ? 'waits' : 'old';
          return {
            ...{ who: use.who, by: use.by, state },
            ...(use.serial === undefined ? {} : { serial: use.serial }),
            ...(what === undefined ? {} : { lacks: what, remedy: use.remedy }),
          };
        }),
      };
    }),
  ]);
}

/** Whether nobody needs to act. */
export function isWell({ problem, uses }: CertificateRow): boolean {
  return problem === undefined && uses.every(({ state }) => state !== 'old');
}

function authorityRow({ name }: Authority, generation: number, observation: Observation): CertificateRow {
  const ca = caName(name, generation);
  const known = observation.issued.get(`cert-manager/${ca}`);
  const row = certificateRow(`cert-manager/${ca}`, known?.issuer ?? '', observation);
  return { ...row, commonName: `${name}, generation ${generation}`, usage: 'authority', uses: [] };
}

function certificateRow(
  key: string,
  issuer: string,
  { issued, at }: Observation,
): Omit<CertificateRow, 'commonName' | 'usage' | 'uses'> {
  const known = issued.get(key);
  const ended = known?.current !== undefined && known.current.notAfter < at;
  const problem =
    known === undefined
      ? 'the Certificate is missing in the cluster: npm run deploy'
      : ended
        ? `it has expired: ${known.message || 'cert-manager has not renewed it'}`
        : known.issuer !== issuer
          ? `its issuer is ${known.issuer}: npm run deploy`
          : known.ready
            ? undefined
            : known.message;
  return {
    ...{ certificate: key, issuer: known?.issuer ?? issuer },
    ...(known?.current === undefined
      ? {}
      : { serial: known.current.serial, notAfter: known.current.notAfter.toISOString() }),
    ...(problem === undefined ? {} : { problem }),
  };
}

/** The list for people. Faults come last, each with the next command. */
export function printRows(rows: readonly CertificateRow[], now: Date): string {
  const lines = table(
    ['CERTIFICATE', 'HOLDER', 'ISSUED BY', 'ENDS', 'USED BY'],
    rows.map((row) => [
      isWell(row) ? row.certificate : styleText('red', row.certificate),
      row.commonName,
      row.issuer,
      row.notAfter === undefined ? '-' : inWords(new Date(row.notAfter).getTime() - now.getTime()),
      usersOf(row),
    ]),
  );
  const mends = rows.flatMap((row) => [
    ...(row.problem === undefined ? [] : [`${styleText('red', row.certificate)}: ${row.problem}`]),
    ...row.uses
      .filter(({ state }) => state !== 'current')
      .map((use) =>
        use.state === 'waits'
          ? `${styleText('yellow', use.who)} ${use.lacks} (${row.certificate}). This takes up to ${settledMs / 60_000} minutes.`
          : `${styleText('red', use.who)} ${use.lacks} (${row.certificate})\n  ${use.remedy}`,
      ),
  ]);
  const seen = rows
    .flatMap(({ uses }) => uses)
    .filter(({ by, serial }) => by === 'wire' && serial !== undefined).length;
  const verdict = rows.every(isWell)
    ? styleText(
        'green',
        `All ${rows.length} certificates are valid and in use. Servers observed on the wire: ${seen}.`,
      )
    : styleText(
        'red',
        `${rows.filter((row) => !isWell(row)).length} of ${rows.length} certificates need an action.`,
      );
  return [lines.join('\n'), ...mends, verdict].join('\n\n');
}

function usersOf({ uses, usage }: CertificateRow): string {
  if (usage === 'authority') return '';
  if (uses.length === 0) return styleText('dim', 'no process here');
  const colours = { current: 'green', waits: 'yellow', old: 'red' } as const;
  return uses
    .map(({ who, state, by }) => `${parseName(who).base} ${styleText(colours[state], state)} by ${by}`)
    .join(', ');
}

/** `in 11 h`, or `2 min ago`: in the largest unit with a value of at least two. */
export function inWords(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  const text =
    minutes < 120
      ? `${minutes} min`
      : minutes < 48 * 60
        ? `${Math.round(minutes / 60)} h`
        : `${Math.round(minutes / 1440)} d`;
  return ms < 0 ? `${text} ago` : `in ${text}`;
}
