import type { App } from '../../model/app.ts';
import { compareText } from '../../model/diagnostics/diagnostic.ts';
import { databaseUse } from '../../model/schema/database.ts';
import { Failure } from '../cli/failure.ts';

/** The apps of a preview, and why each is in it. */
export type PreviewApps = ReadonlyMap<string, string>;

/**
 * The apps that a preview runs: those that are asked for, else those whose folder the pull request changes; and with each app that writes
 * to a database the app that owns it, since a preview writes to databases of its own alone.
 * @throws Failure if there is none, or if one does not run in the environment.
 */
export function previewApps(
  apps: readonly Pick<App, 'name' | 'uses'>[],
  {
    environment,
    asked,
    changed,
  }: { environment: string; asked: readonly string[]; changed: readonly string[] },
): PreviewApps {
  const known = new Map(apps.map((app) => [app.name, app]));
  for (const name of asked) {
    if (known.has(name)) continue;
    throw new Failure(
      `${environment} runs no app '${name}' at this commit.`,
      `Name one of: ${[...known.keys()].join(', ')}`,
    );
  }
  const touched = apps
    .map(({ name }) => name)
    .filter((name) => changed.some((path) => path.startsWith(`apps/${name}/`)));
  const chosen = new Map<string, string>(
    asked.length > 0
      ? asked.map((name) => [name, 'asked for'])
      : touched.map((name) => [name, 'changed by the pull request']),
  );
  if (chosen.size === 0) {
    throw new Failure(
      `this commit changes no app that runs in ${environment}.`,
      `Where what they share has changed, name apps: --app ${[...known.keys()][0] ?? 'NAME'}`,
    );
  }
  // A Map shows entries that are added while it is walked.
  for (const [name] of chosen) {
    const app = known.get(name);
    const use = app && databaseUse(app);
    if (use === undefined || use.as === 'read-only' || chosen.has(use.of) || !known.has(use.of)) continue;
    chosen.set(use.of, `${name} writes to its database`);
  }
  return new Map([...chosen].sort(([a], [b]) => compareText(a, b)));
}
