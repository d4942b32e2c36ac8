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
