import './cli/compile-cache.ts';
import { Argument } from 'commander';
import { npmCommand, runCommand } from './cli/command.ts';

/** What a person looks at, and the store whose page shows it. */
const pages = {
  metrics: 'prometheus',
  alerts: 'prometheus',
  logs: 'victoria-logs',
  traces: 'jaeger',
} as const;

const program = npmCommand('open')
  .description("Serves a store's page on this machine alone, through the API server, until Ctrl-C.")
  .addArgument(new Argument('<signal>', 'whose page').choices(Object.keys(pages)))
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option('--port <number>', 'on this machine; default: any that is free', Number, 0)
  .action((signal: keyof typeof pages, { env, port }: { env: string; port: number }) =>
    runCommand(async () => {
      const { withStore } = await import('./telemetry/store.ts');
      const { serveOnLoopback } = await import('./call/page.ts');
      return withStore(env, pages[signal], ({ options, page }) =>
        serveOnLoopback(() => options, { port, path: signal === 'metrics' ? '/graph' : page }),
      );
    }),
  );

await program.parseAsync();
