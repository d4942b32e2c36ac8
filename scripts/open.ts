import './cli/compile-cache.ts';
import { Argument } from 'commander';
import { npmCommand, runCommand } from './cli/command.ts';
import { pageOf, type Signal, signals } from './telemetry/page-of.ts';

const program = npmCommand('open')
  .description('Serves a page on this machine only, through the API server, until Ctrl-C.')
  .addArgument(new Argument('<signal>', 'signal').choices(signals))
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option('--port <number>', 'port on this machine; default: a free one', Number, 0)
  .action((signal: Signal, { env, port }: { env: string; port: number }) =>
    runCommand(async () => {
      const { withStore } = await import('./telemetry/store.ts');
      const { forwarding, onlyQueries, serveOnLoopback } = await import('./call/page.ts');
      const { name, path, note, posts, writes } = pageOf(signal, env);
      if (note !== undefined) process.stdout.write(`${note}\n`);
      if (name === 'jaeger') {
        const { lightPages } = await import('./dashboards/light-pages.ts');
        const { repositoryRoot } = await import('./repository/read-cluster.ts');
        return withStore(env, name, (traces) =>
          withStore(env, 'victoria-logs', (lines) =>
            withStore(env, 'prometheus', (prometheus) =>
              serveOnLoopback(
                onlyQueries(posts, lightPages(env, repositoryRoot, { traces, lines, prometheus })),
                { port, path },
              ),
            ),
          ),
        );
      }
      return withStore(env, name, ({ options }) => {
        const all = forwarding(() => options);
        return serveOnLoopback(writes === true ? all : onlyQueries(posts, all), { port, path });
      });
    }),
  );

await program.parseAsync();
