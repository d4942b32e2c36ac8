import { join } from 'node:path';
import { execa } from 'execa';
import type { LocalProvider, Properties } from './plugin.ts';
import { unknown } from './plugin.ts';

/** Does what the provider `command` does with a local Command: runs it. `cwd` is where the engine runs programs. */
export function localCommand(cwd: string, env: () => Record<string, string>): LocalProvider {
  const run = async (inputs: Properties): Promise<Properties> => {
    const [program = '/bin/sh', ...args] = (inputs.interpreter as string[] | undefined) ?? ['/bin/sh', '-c'];
    const result = await execa(program, [...args, String(inputs.create)], {
      cwd: join(cwd, String(inputs.dir ?? '.')),
      env: env(),
      input: String(inputs.stdin ?? ''),
      reject: false,
    });
    if (result.failed)
      throw new Error(`exit status ${result.exitCode}: running ${inputs.create}:\n${result.stderr}`);
    last = { ...inputs, stdout: result.stdout, stderr: result.stderr };
    return last;
  };
  let last: Properties | undefined;
  return {
    configured: () => undefined,
    check: (_which, inputs) => ({ inputs, faults: [] }),
    replaces: () => ['triggers', 'interpreter'],
    preview: (_which, inputs) => ({ ...inputs, stdout: unknown, stderr: unknown }),
    create: async (_which, inputs) => ({ id: 'command', outputs: await run(inputs) }),
    // There is nothing to look at: what ran, ran.
    read: () => last,
    update: (_which, _id, inputs) => run(inputs),
    delete: () => {
      // Nothing to undo.
    },
    invoke: (token) => {
      throw new Error(`no ${token} here`);
    },
  };
}
