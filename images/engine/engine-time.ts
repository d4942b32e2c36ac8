/**
 * Parses a time that an engine prints: Docker prints RFC 3339 (2026-03-01T10:20:30.123456789Z), Podman Go's own form
 * (2026-03-01 11:20:30.123456789 +0100 CET), whose zone name Date.parse() does not accept.
 */
export function parseEngineTime(text: string): Date {
  const parts =
    /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+))? ?(Z|[+-]\d\d:?\d\d)(?: [A-Z+-]\S*)?(?: m=\S+)?$/.exec(
      text.trim(),
    );
  const [, day, time, fraction = '', zone = ''] = parts ?? [];
  const offset = zone.replace(/^([+-]\d\d):?(\d\d)$/, '$1:$2');
  const date = new Date(`${day}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}${offset}`);
  if (parts === null || Number.isNaN(date.getTime()))
    throw new Error(`'${text}' is no time that a container engine prints`);
  return date;
}
