import { z } from 'zod';
import { asRecord } from './notes.ts';

/* How a compose file writes values (https://github.com/compose-spec/compose-spec). */

/** Variables and arguments: a map, or a list of `NAME=value`; without a value they come from the shell. */
export function pairsOf(value: unknown): [name: string, text: string | undefined][] {
  const pairs = Array.isArray(value)
    ? value.flatMap((each): unknown[][] =>
        isMap(each) ? Object.entries(each) : [String(each).split(/=(.*)/s)],
      )
    : Object.entries(z.record(z.string(), z.unknown()).parse(value ?? {}));
  return pairs.map(([name, to]) => [
    String(name).trim(),
    to === undefined || to === null ? undefined : String(to).trim(),
  ]);
}

/** Names of secrets or configs: a list of names, or of maps with `source`. */
export function namesOf(value: unknown): string[] {
  return z
    .array(z.unknown())
    .parse(value)
    .map((each) => (typeof each === 'string' ? each : String(asRecord(each).source)));
}

/** The times of a health check as a probe has them. */
export function probeTiming({ interval, timeout, retries }: Record<string, unknown>): {
  period?: number;
  timeout?: number;
  failures?: number;
} {
  const [period, limit, failures] = [secondsOf(interval), secondsOf(timeout), Number(retries)];
  return {
    ...(period === undefined ? {} : { period: Math.max(1, Math.round(period)) }),
    ...(limit === undefined ? {} : { timeout: Math.max(1, Math.round(limit)) }),
    ...(Number.isInteger(failures) && failures > 0 ? { failures } : {}),
  };
}

/** Seconds of a duration such as `1m30s`; undefined for other texts. */
export function secondsOf(text: unknown): number | undefined {
  const parts = [...String(text ?? '').matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h)/g)];
  if (parts.length === 0) return undefined;
  const units: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };
  return parts.reduce((sum, [, number, unit = 's']) => sum + Number(number) * (units[unit] ?? 1), 0);
}

/** The first and the last port of `3000-3005`, or one port twice; nothing for other texts. */
export function rangeOf(text: string): [number, number] | [undefined, undefined] {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  return first === undefined || Number(first) < 1 ? [undefined, undefined] : [Number(first), Number(last)];
}

/** A path of a container without a slash at its end. */
export function withoutEnd(path: string): string {
  return path.replace(/(?<=.)\/+$/, '');
}

/** Parts between colons; one in a variable, such as `${FOLDER:-./data}`, is none. */
export function partsOf(text: string): string[] {
  return text.match(/(?:\$\{[^}]*\}|[^:])+/g) ?? [];
}

/** Text with the defaults of its variables and `$$` as a dollar; undefined if a variable has no default. */
export function resolved(text: string): string | undefined {
  let isWhole = true;
  const result = text.replace(
    /\$\$|\$\{(\w+)(?:(:?-)([^}]*))?[^}]*\}|\$(\w+)/g,
    (whole, _name, dash, given) => {
      if (whole === '$$') return '$';
      if (dash === undefined) isWhole = false;
      return given ?? '';
    },
  );
  return isWhole ? result : undefined;
}

/** `512M` in a compose file means 512Mi, and `1.5G` 1536Mi. */
export function memoryOf(text: string): string | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmg])(?:i?b)?$/i.exec(text) ?? [];
  if (number === undefined) return undefined;
  const units = ['Ki', 'Mi', 'Gi'];
  const at = 'kmg'.indexOf(unit.toLowerCase());
  if (!number.includes('.')) return `${number}${units[at]}`;
  return at === 0 ? `${Math.ceil(Number(number))}Ki` : `${Math.ceil(Number(number) * 1024)}${units[at - 1]}`;
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
