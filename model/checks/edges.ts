import type { App } from '../app.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { suggest } from '../diagnostics/nearest.ts';
import type { FieldPath, Loaded, Source } from '../reading/source.ts';
import { diagnosticAt, reference } from '../reading/source.ts';
import { appNamed, type Repository } from '../repository.ts';
import { internetHost } from '../schema/internet-use.ts';
import { probePort } from '../schema/probe.ts';

/** Ports and apps that an app names must exist, and edges between apps must form no cycle. */
export function checkEdges(repository: Repository): Diagnostic[] {
  return [
    ...repository.apps.flatMap(checkOwnPorts),
    ...repository.apps.flatMap((app) => checkUses(app, repository)),
    ...checkCycles(repository.apps),
  ];
}

function checkOwnPorts({ source, value }: Loaded<App>): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const known = Object.keys(value.ports);
  const check = (path: FieldPath, port: string | undefined) => {
    if (port === undefined || known.includes(port)) return;
    diagnostics.push(
      diagnosticAt(source, path, {
        code: 'unknown-port',
        what: `'${value.name}' has no port '${port}'`,
        why: `${reference(source, ['ports'])} does not have it`,
        fix: suggest(port, known, `add ${port} to ports`),
      }),
    );
  };
  for (const [name, probe] of Object.entries(value.probes)) {
    const asked = probe && probePort(probe);
    if (asked) check(['probes', name, asked.key], asked.port);
  }
  check(['exposes', 'port'], value.exposes?.port);
  for (const [path, port] of Object.entries(value.exposes?.paths ?? {}))
    check(['exposes', 'paths', path], port);
  check(['metrics', 'port'], value.metrics?.port);
  return diagnostics;
}

/** Each host and port outside of the cluster is in one place of an app; `seen` has those before. */
function checkHosts(
  source: Source,
  path: FieldPath,
  hosts: readonly string[],
  seen: Set<string>,
): Diagnostic[] {
  return hosts.flatMap((written, i) => {
    const host = internetHost(written);
    if (host === undefined) return [];
    const edge = `${host.name}:${host.port}`;
    if (!seen.has(edge)) {
      seen.add(edge);
      return [];
    }
    return [
      diagnosticAt(source, [...path, i], {
        code: 'use-twice',
        what: `${edge} is in the list of hosts twice`,
        why: 'one of the two is probably a typing error',
        fix: 'remove it',
      }),
    ];
  });
}

function checkUses({ source, value }: Loaded<App>, { apps, appNames }: Repository): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const seen = new Set<string>();
  for (const [i, use] of value.uses.entries()) {
    if (use.kind === 'internet') {
      diagnostics.push(...checkHosts(source, ['uses', i, 'hosts'], use.hosts, seen));
      continue;
    }
    if (use.kind !== 'app') continue;
    const edge = `${use.app} ${use.port}`;
    if (seen.has(edge)) {
      diagnostics.push(
        diagnosticAt(source, ['uses', i], {
          code: 'use-twice',
          what: `'${value.name}' uses the port '${use.port}' of '${use.app}' twice`,
          why: 'one of the two is probably a typing error',
          fix: 'remove it',
        }),
      );
    }
    seen.add(edge);
    if (!appNames.has(use.app)) {
      diagnostics.push(
        diagnosticAt(source, ['uses', i, 'app'], {
          code: 'unknown-app',
          what: `'${value.name}' uses '${use.app}', which does not exist`,
          why: `there is no apps/${use.app}/app.ts`,
          fix: suggest(use.app, [...appNames], `write apps/${use.app}/app.ts`),
        }),
      );
      continue;
    }
    const target = appNamed(apps, use.app);
    if (target === undefined || Object.hasOwn(target.value.ports, use.port)) continue;
    diagnostics.push(
      diagnosticAt(source, ['uses', i, 'port'], {
        code: 'unknown-port',
        what: `'${use.app}' has no port '${use.port}'`,
        why: `${reference(target.source, ['ports'])} does not have it`,
        fix: suggest(
          use.port,
          Object.keys(target.value.ports),
          `add ${use.port} to the ports of '${use.app}'`,
        ),
      }),
    );
  }
  return diagnostics;
}

/** One diagnostic for each cycle, at the edge from the first of its apps by name. */
function checkCycles(apps: Loaded<App>[]): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const done = new Set<string>();
  const visit = (name: string, trail: string[]) => {
    const start = trail.indexOf(name);
    if (start !== -1) {
      diagnostics.push(cycleDiagnostic(trail.slice(start), apps));
      return;
    }
    if (done.has(name)) return;
    for (const use of appNamed(apps, name)?.value.uses ?? []) {
      if (use.kind === 'app') visit(use.app, [...trail, name]);
    }
    done.add(name);
  };
  for (const app of apps) visit(app.name, []);
  return diagnostics;
}

function cycleDiagnostic(cycle: string[], apps: Loaded<App>[]): Diagnostic {
  const [first = '', second = first] = cycle;
  const app = appNamed(apps, first);
  const edge = app?.value.uses.findIndex((use) => use.kind === 'app' && use.app === second) ?? 0;
  const words = {
    code: 'cycle',
    what: `a dependency cycle: ${[...cycle, first].join(' → ')}`,
    why: 'none of these apps could start before the others',
    fix: 'remove one of these uses, or move the shared part into a third app',
  };
  if (app === undefined) return { file: 'apps', line: 1, column: 1, ...words };
  return diagnosticAt(app.source, ['uses', edge], words);
}
