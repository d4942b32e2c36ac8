import type { Problem } from '../diagnostics/problem.ts';
import { type FieldPath, fieldName, problemAt, type Source } from '../reading/source.ts';
import type { Repository } from '../repository.ts';
import { leaksIn, looksLikeKey } from '../schema/leaked-secret.ts';

/** Descriptions hold no key in plain text: their content goes into Git, manifests and logs. */
export function checkLeakedSecrets({ apps, clusters, operators }: Repository): Problem[] {
  return [
    ...apps.flatMap(({ source, name }) => leaks(source, () => name)),
    ...clusters.flatMap(({ source, name }) => leaks(source, (path) => appOf(path), ` --env ${name}`)),
    ...operators.flatMap(({ source }) => leaks(source, () => undefined)),
  ];
}

/** The app that a field of cluster.yaml is about. */
function appOf([top, app]: FieldPath): string {
  return top === 'apps' && typeof app === 'string' ? app : 'APP';
}

function leaks(source: Source, app: (path: FieldPath) => string | undefined, env = ' --env ENV'): Problem[] {
  const problems: Problem[] = [];
  const seen = new Set<object>();
  const walk = (value: unknown, path: FieldPath): void => {
    if (typeof value === 'string') {
      const title = titleOf(value, path);
      if (title !== undefined) problems.push(refuse(source, path, title, { app: app(path), env }));
      return;
    }
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    const entries = Array.isArray(value) ? value.entries() : Object.entries(value);
    for (const [key, item] of entries) walk(item, [...path, key]);
  };
  walk(source.value, []);
  return problems;
}

function titleOf(value: string, path: FieldPath): string | undefined {
  const [leak] = leaksIn(value);
  if (leak !== undefined) return leak.title;
  const name = path.at(-1);
  const isVariable = (path.at(-2) === 'env' || path.at(-2) === 'buildArgs') && typeof name === 'string';
  return isVariable && looksLikeKey(name, value) ? 'a key or a password' : undefined;
}

function refuse(
  source: Source,
  path: FieldPath,
  title: string,
  { app, env }: { app: string | undefined; env: string },
): Problem {
  const last = path.at(-1);
  const key = typeof last === 'string' && /^[A-Z_][A-Z0-9_]*$/.test(last) ? last : 'KEY';
  const problem = problemAt(source, path, {
    code: 'plain-secret',
    what: `${fieldName(path)} looks like ${title}`,
    why: 'it would stand in Git, in manifests and in logs for everybody to read',
    fix:
      app === undefined
        ? 'take it out and change it where it comes from; the values of most charts can name a Secret in its place'
        : `take it out and change it where it comes from; then write { kind: 'secret', name: '${app === 'APP' ? 'NAME' : app}', keys: ['${key}'] } under uses and type npm run secrets -- set ${app} ${key}${env}`,
  });
  // What is refused because it is a secret is not shown either: logs are read by many.
  delete problem.underlined;
  return problem;
}
