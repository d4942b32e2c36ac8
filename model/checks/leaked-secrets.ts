import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnosticAt, type FieldPath, fieldName, type Source } from '../reading/source.ts';
import type { Repository } from '../repository.ts';
import { leaksIn, looksLikeKey } from '../schema/leaked-secret.ts';

/**
 * Descriptions must hold no secret in plain text, because their content goes into Git, manifests and logs.
 */
export function checkLeakedSecrets({ apps, clusters, operators }: Repository): Diagnostic[] {
  return [
    ...apps.flatMap(({ source, name }) => leaks(source, () => name)),
    ...clusters.flatMap(({ source, name }) => leaks(source, (path) => appOf(path), ` --env ${name}`)),
    ...operators.flatMap(({ source }) => leaks(source, () => undefined)),
  ];
}

/**
 * The app of a field of cluster.yaml, for the command in the message; `APP` where the field belongs to none.
 */
function appOf([top, app]: FieldPath): string {
  return top === 'apps' && typeof app === 'string' ? app : 'APP';
}

function leaks(
  source: Source,
  app: (path: FieldPath) => string | undefined,
  env = ' --env ENV',
): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const seen = new Set<object>();
  const walk = (value: unknown, path: FieldPath): void => {
    if (typeof value === 'string') {
      const title = titleOf(value, path);
      if (title !== undefined) diagnostics.push(refuse(source, path, title, { app: app(path), env }));
      return;
    }
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    const entries = Array.isArray(value) ? value.entries() : Object.entries(value);
    for (const [key, item] of entries) walk(item, [...path, key]);
  };
  walk(source.value, []);
  return diagnostics;
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
): Diagnostic {
  const last = path.at(-1);
  const key = typeof last === 'string' && /^[A-Z_][A-Z0-9_]*$/.test(last) ? last : 'KEY';
  const diagnostic = diagnosticAt(source, path, {
    code: 'plain-secret',
    what: `${fieldName(path)} looks like ${title}`,
    why: 'everyone who can read Git, the manifests or the logs could read it',
    fix:
      app === undefined
        ? 'remove it and revoke it; most charts have a value that names a Secret instead'
        : `remove it and revoke it; then write { kind: 'secret', name: '${app === 'APP' ? 'NAME' : app}', keys: ['${key}'] } under uses and type npm run secrets -- set ${app} ${key}${env}`,
  });
  // The message must not show the secret: many people read logs.
  delete diagnostic.underlined;
  return diagnostic;
}
