import { execa } from 'execa';
import { runCommand } from './cli/command.ts';
import { ansibleEnvironment, ansibleRoot, ensureAnsible } from './nodes/tools.ts';

/**
 * Runs yamllint and ansible-lint on ansible/, with the profile `production`; both are installed if missing.
 */
await runCommand(async () => {
  const tools = await ensureAnsible((line) => process.stderr.write(`${line}\n`));
  for (const [command, ...args] of [['yamllint', '--strict', '.'], ['ansible-lint']] as const) {
    const { exitCode } = await execa(`${tools}/${command}`, args, {
      cwd: ansibleRoot,
      env: ansibleEnvironment(tools),
      stdio: ['ignore', 'inherit', 'inherit'],
      reject: false,
    });
    if (exitCode !== 0) return exitCode ?? 1;
  }
  return 0;
});
