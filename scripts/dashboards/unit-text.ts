/** Text of a value in one of Grafana's units (`PanelUnit`), for the axis of a plot and for a single value. */
export function unitText(unit: string, value: number): string {
  if (unit === 'percentunit') return `${short(value * 100)} %`;
  if (unit === 'bytes') return scaled(value, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB']);
  if (unit === 's' || unit === 'dtdurations') return duration(value);
  const perSecond = unit === 'reqps' || unit === 'ops' ? '/s' : '';
  return `${scaled(value, 1000, ['', 'k', 'M', 'G'])}${perSecond}`;
}

const second = { day: 86_400, hour: 3_600, minute: 60 };

function duration(seconds: number): string {
  if (seconds === 0) return '0 s';
  const size = Math.abs(seconds);
  if (size < 0.001) return `${short(seconds * 1e6)} µs`;
  if (size < 1) return `${short(seconds * 1e3)} ms`;
  if (size < 2 * second.minute) return `${short(seconds)} s`;
  if (size < 2 * second.hour) return `${short(seconds / second.minute)} min`;
  if (size < 2 * second.day) return `${short(seconds / second.hour)} h`;
  return `${short(seconds / second.day)} d`;
}

function scaled(value: number, base: number, names: readonly string[]): string {
  let left = value;
  let i = 0;
  for (; Math.abs(left) >= base && i < names.length - 1; i++) left /= base;
  return `${short(left)}${names[i] === '' ? '' : ` ${names[i]}`}`;
}

/** Three digits at most. */
function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
