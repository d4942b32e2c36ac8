import { z } from 'zod';

const seconds = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 } as const;

/** A duration of the schemas (`90d`, `1h`) in seconds. */
export function inSeconds(duration: string): number {
  const [, count, unit = ''] = /^(\d+)([smhdw])$/.exec(duration) ?? [];
  if (count === undefined || !isUnit(unit)) throw new Error(`'${duration}' is no duration such as 90d`);
  return Number(count) * seconds[unit];
}

function isUnit(unit: string): unit is keyof typeof seconds {
  return Object.hasOwn(seconds, unit);
}

/** A duration in the notation of Prometheus: `30s`, `15m`, `12h`, `7d`. */
export const duration = z
  .string()
  .regex(/^[1-9]\d*(s|m|h|d|w)$/, "a duration such as '30s', '12h' or '7d'")
  // A Go duration has at most 292 years (63 bits of nanoseconds); an environment's root is valid twice as long as other CAs.
  .refine(
    (text) => !/^\d+[smhdw]$/.test(text) || inSeconds(text) <= longestDuration,
    'at most 140 years, 51100d',
  );

const longestDuration = 51_100 * 86_400;
