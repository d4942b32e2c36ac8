/** Lines of JSON on standard output. Never a cookie, a token or a body. */
export function log(
  level: 'info' | 'warn' | 'error',
  message: string,
  fields: Record<string, unknown> = {},
): void {
  const plain = Object.entries(fields).map(([name, value]) => [
    name,
    value instanceof Error ? (value.stack ?? value.message) : value,
  ]);
  const line = { time: new Date().toISOString(), level, message, ...Object.fromEntries(plain) };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
