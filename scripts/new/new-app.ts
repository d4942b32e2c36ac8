import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isMap, isScalar, parseDocument } from 'yaml';
import { refusedNames } from '../../model/checks/names.ts';
import { readRepository } from '../../model/reading/read-repository.ts';
import { Failure } from '../cli/failure.ts';
import { table } from '../cli/table.ts';
import { appText } from './app-literal.ts';
import { type ComposedApp, fromCompose } from './compose.ts';
import { type AppKind, filesOf } from './kinds.ts';
import { fromManifest, isManifest, type ManifestApp } from './manifest.ts';
import type { NewFiles } from './start.ts';

/** A minimal app, enabled in one environment. */
export async function newApp(
  root: string,
  name: string,
  environment: string,
  kind: AppKind,
): Promise<NewFiles> {
  await refuseTaken(root, name);
  const cluster = `clusters/${environment}/cluster.yaml`;
  if (!existsSync(join(root, cluster))) {
    throw new Failure(`there is no ${cluster}`, 'Name another environment: --env NAME');
  }
  const files = Object.entries(filesOf(kind, name));
  return {
    files: Object.fromEntries(files.map(([path, text]) => [`apps/${name}/${path}`, text])),
    changes: { [cluster]: enable(readFileSync(join(root, cluster), 'utf8'), cluster, name) },
    next: [
      `$EDITOR apps/${name}/app.ts    # every key: docs/app.md`,
      `npm run explain -- ${name}    # everything derived from it`,
      `npm run deploy -- --env ${environment}    # renders, builds, pushes, waits`,
    ],
  };
}

/** An app from one service of a compose file or one Deployment, with the result for each key. */
export async function newAppFromFile(
  root: string,
  name: string,
  environment: string,
  { file, strict, ...choice }: { file: string; service?: string; image?: string; strict: boolean },
): Promise<NewFiles> {
  const text = readGiven(file);
  const made = isManifest(text)
    ? fromManifest(text, file, name, choice)
    : composedFiles(fromCompose(text, file, name, choice), file);
  const rows = made.notes.map(({ key, fate, text }) => [fate, key, text]);
  const report = table(['', made.source, 'APP.TS'], rows);
  const lost = made.notes.filter(({ fate }) => fate !== 'kept');
  if (strict && lost.length > 0) {
    throw new Failure(
      `${lost.length} keys of ${file} cannot be kept:\n${report.join('\n')}`,
      'Remove them from the file, or omit --strict.',
    );
  }
  const started = await newApp(root, name, environment, 'server');
  const folder = `apps/${name}`;
  const beside = Object.entries(made.files).map(([path, content]) => [`${folder}/${path}`, content] as const);
  return {
    ...started,
    files: { [`${folder}/app.ts`]: appText(name, made.description), ...Object.fromEntries(beside) },
    report,
  };
}

/** Adds the Dockerfile of the service, if it has one. */
function composedFiles(composed: ComposedApp, file: string): ManifestApp {
  const { service, description, notes, dockerfile } = composed;
  const instead = `Put the sources of the service there, or name a built image: --image REPOSITORY:1.2.3`;
  const files =
    dockerfile === undefined ? {} : { Dockerfile: readGiven(join(dirname(file), dockerfile), instead) };
  return { source: `services.${service}`, description, notes, files };
}

function readGiven(file: string, instead = 'Name an existing file: --from FILE'): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Failure(`${file} cannot be read: ${error instanceof Error ? error.message : error}`, instead);
  }
}

/** Conflicts of an app's name with an operator or Kubernetes, by the render's own rules. */
async function refuseTaken(root: string, name: string): Promise<void> {
  const { repository } = await readRepository(root);
  const [taken] = refusedNames(name, repository?.operators ?? []);
  if (taken !== undefined) throw new Failure(`${taken.what}: ${taken.why}`, 'Take another name.');
}

/** The text of a cluster.yaml with one more app; everything else, including comments, is unchanged. */
export function enable(text: string, file: string, name: string): string {
  const document = parseDocument(text);
  const apps = document.get('apps', true);
  if (!isMap(apps) || document.errors.length > 0) {
    throw new Failure(`${file} has no map of apps`, 'For its errors: npm run render -- --check');
  }
  const [start = 0, end = start] = apps.range ?? [];
  if (apps.flow === true) {
    const inside = text.slice(start + 1, end - 1).trim();
    return `${text.slice(0, start)}{ ${inside === '' ? '' : `${inside.replace(/,$/, '')}, `}${name}: }${text.slice(end)}`;
  }
  const [first] = apps.items;
  const column = isScalar(first?.key) ? (first.key.range?.[0] ?? 0) : 0;
  const indentation = text.slice(text.lastIndexOf('\n', column) + 1, column);
  // Insert before the blank lines and comments that precede the next key.
  const last = text.slice(0, end).trimEnd().length;
  return `${text.slice(0, last)}\n${indentation}${name}:${text.slice(last)}`;
}
