/** What `process.exit` throws while descriptions are imported; its stack says who called it. */
export class ExitRefused extends Error {
  override readonly name = 'ExitRefused';
}

/** That of the process: work that begins while other work goes on must not take the other's for it. */
const exit = process.exit;

/** Does work during which code of others cannot end the process, and with it the command, without a word. */
export async function withoutExit<T>(work: () => Promise<T>): Promise<T> {
  process.exit = (): never => {
    throw new ExitRefused('process.exit was called');
  };
  try {
    return await work();
  } finally {
    process.exit = exit;
  }
}
