import './cli/compile-cache.ts';
import { Argument } from 'commander';
import { npmCommand, runCommand } from './cli/command.ts';

/** Pages of the stores: the store, and the path of what a person looks at. */
const pages = {
  metrics: ['prometheus', '/graph'],
  alerts: ['prometheus', '/alerts'],
  logs: ['victoria-logs', '/select/vmui/'],
} as const;

const program = npmCommand('open')
  .description('Serves a page on this machine alone, through the API server, until Ctrl-C.')
  .addArgument(new Argument('<signal>', 'what to look at').choices([...Object.keys(pages), 'traces']))
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option('--port <number>', 'on this machine; default: any that is free', Number, 0)
  .action((signal: keyof typeof pages | 'traces', { env, port }: { env: string; port: number }) =>
    runCommand(async () => {
      const { withStore } = await import('./telemetry/store.ts');
      const { forwarding, serveOnLoopback } = await import('./call/page.ts');
      if (signal === 'traces') {
        const { tracePages } = await import('./telemetry/trace-page.ts');
        return withStore(env, 'jaeger', (traces) =>
          withStore(env, 'victoria-logs', (lines) =>
            serveOnLoopback(tracePages(traces, lines), { port, path: '/' }),
          ),
        );
      }
      const [store, path] = pages[signal];
      return withStore(env, store, ({ options }) =>
        serveOnLoopback(
          forwarding(() => options),
          { port, path },
        ),
      );
    }),
  );

await program.parseAsync();
