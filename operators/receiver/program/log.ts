/** Writes one line of the log: never a secret, a header or a body. */
export type Log = (
  level: 'info' | 'warn' | 'error',
  message: string,
  fields?: Record<string, unknown>,
) => void;

/** Lines of JSON on standard output. */
export const log: Log = (level, message, fields = {}) => {
  const plain = Object.entries(fields).map(([name, value]) => [
    name,
    value instanceof Error ? said(value) : value,
  ]);
  const line = { time: new Date().toISOString(), level, message, ...Object.fromEntries(plain) };
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

/** `fetch` keeps the reason of a lost connection in the cause. */
function said({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
