/**
 * A cron line as crontab(5) has it: numbers, names, ranges, steps and lists. Beside that L is a month's last day, 5L its last
 * Friday and 5#1 its first. Whether a range is the right way round, and whether such a day ever comes, the parser says.
 */
export const cronPattern = new RegExp(
  `^${[
    list('[0-5]?[0-9]'),
    list('1?[0-9]|2[0-3]'),
    list('0?[1-9]|[12][0-9]|3[01]', 'L'),
    list(`0?[1-9]|1[0-2]|${names('jan feb mar apr may jun jul aug sep oct nov dec')}`),
    `(?:${list(`[0-7]|${names('sun mon tue wed thu fri sat')}`)}|[0-7]L|[0-7]#[1-5])`,
  ].join(' +')}$`,
);

function list(value: string, alone?: string): string {
  const item = `(?:[*?]|(?:${value})(?:-(?:${value}))?)(?:/[1-9][0-9]?)?${alone === undefined ? '' : `|${alone}`}`;
  return `(?:${item})(?:,(?:${item}))*`;
}

/** In letters of either size. */
function names(all: string): string {
  return all.replaceAll(/[a-z]/g, (letter) => `[${letter.toUpperCase()}${letter}]`).replaceAll(' ', '|');
}
