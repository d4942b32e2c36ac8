/*
 * Checks of cron expressions by the rules of Kubernetes and, with seconds, CloudNativePG: github.com/robfig/cron, v3, parser.go.
 */

const fields = [
  { name: 'seconds', from: 0, to: 59 },
  { name: 'minutes', from: 0, to: 59 },
  { name: 'hours', from: 0, to: 23 },
  { name: 'day of the month', from: 1, to: 31 },
  { name: 'month', from: 1, to: 12, words: 'jan feb mar apr may jun jul aug sep oct nov dec' },
  { name: 'day of the week', from: 0, to: 6, words: 'sun mon tue wed thu fri sat' },
] as const;

/** The fault of a schedule with six fields, seconds first; undefined if it is valid. */
export function faultOfSchedule(schedule: string): string | undefined {
  const parts = schedule.split(' ');
  if (parts.length !== fields.length || parts.includes(''))
    return "expected six fields with one blank between them, seconds first, such as '0 0 2 * * *'";
  return faultOfFields(parts, fields) ?? faultOfDays(parts.slice(3));
}

/** The fault of a schedule with five fields, minutes first; undefined if it is valid. */
export function faultOfCron(schedule: string): string | undefined {
  const parts = schedule.split(' ');
  if (parts.length !== fields.length - 1 || parts.includes(''))
    return "expected five fields with one blank between them, minutes first, such as '30 2 * * *'";
  return faultOfFields(parts, fields.slice(1)) ?? faultOfDays(parts.slice(2));
}

/** Most days of each month, from January. */
const longestMonths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** A day that no month has never comes, unless a day of the week is another choice (robfig/cron, `dayMatches`). */
function faultOfDays([days = '', months = '', weekdays = '']: readonly string[]): string | undefined {
  if (!/^[*?]/.test(weekdays)) return undefined;
  const [, , , day, month] = fields;
  const first = Math.min(...days.split(',').map((range) => firstOf(range, day)));
  const comes = longestMonths.some((most, i) => {
    return first <= most && months.split(',').some((range) => includes(range, i + 1, month));
  });
  return comes ? undefined : `the day ${first} is in none of these months, so it never comes`;
}

function firstOf(range: string, field: (typeof fields)[number]): number {
  const [span = ''] = range.split('/');
  return /^[*?]$/.test(span) ? field.from : (numberOf(span.split('-')[0] ?? '', field) ?? field.from);
}

function includes(range: string, value: number, field: (typeof fields)[number]): boolean {
  const [span = '', step = '1'] = range.split('/');
  const isAll = /^[*?]$/.test(span);
  const [first = '', last] = span.split('-');
  const low = isAll ? field.from : (numberOf(first, field) ?? field.from);
  // With a step, one number is the first of all that follow.
  const open = isAll || (last === undefined && range.includes('/'));
  const high = open ? field.to : (numberOf(last ?? first, field) ?? low);
  return low <= value && value <= high && (value - low) % Number(step) === 0;
}

function faultOfFields(
  parts: readonly string[],
  expected: readonly (typeof fields)[number][],
): string | undefined {
  for (const [i, field] of expected.entries()) {
    const wrong = (parts[i] ?? '').split(',').find((range) => !isRange(range, field));
    if (wrong !== undefined)
      return `'${wrong}' is no value of ${field.name}, which go from ${field.from} to ${field.to}`;
  }
  return undefined;
}

function isRange(range: string, field: (typeof fields)[number]): boolean {
  const [span = '', step, ...more] = range.split('/');
  if (more.length > 0 || (step !== undefined && !(/^\d{1,9}$/.test(step) && Number(step) > 0))) return false;
  if (span === '*' || span === '?') return true;
  const [first = '', last = first, ...others] = span.split('-');
  const [low, high] = [numberOf(first, field), numberOf(last, field)];
  if (others.length > 0 || low === undefined || high === undefined) return false;
  return field.from <= low && low <= high && high <= field.to;
}

function numberOf(text: string, field: (typeof fields)[number]): number | undefined {
  const word = 'words' in field ? field.words.split(' ').indexOf(text.toLowerCase()) : -1;
  if (word !== -1) return word + field.from;
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
