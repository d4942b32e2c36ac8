import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { lockSchema } from '../../images/lock/index.ts';
import { appSchema } from '../../model/app.ts';
import { checkSchema } from '../../model/checks/schema.ts';
import type { Diagnostic } from '../../model/diagnostics/diagnostic.ts';
import { formatDiagnostic } from '../../model/diagnostics/format-diagnostic.ts';
import { environments } from '../../model/environment.ts';
import { checkRepository } from '../../model/load-graph.ts';
import { AppFiles } from '../../model/reading/app-files.ts';
import { ExtraObjects } from '../../model/reading/extra-objects.ts';
import { ImageTags } from '../../model/reading/image-tags.ts';
import { moduleSource } from '../../model/reading/module-source.ts';
import { readRepository } from '../../model/reading/read-repository.ts';
import { decode } from '../../model/reading/read-text.ts';
import { readYaml } from '../../model/reading/read-yaml.ts';
import type { Loaded } from '../../model/reading/source.ts';
import type { Repository } from '../../model/repository.ts';
import { clusterSchema } from '../../model/schema/cluster.ts';
import { environmentManifests } from '../../scripts/render/manifests.ts';
import { shop } from '../model/fixture.ts';

/** A description that is mutated: of the small repository in which everything is right. */
export interface FuzzSubject {
  file: string;
  text: string;
  /** Reads a mutated text, checks it with everything else and renders what is still right; gives what is wrong. */
  survive(bytes: Buffer, change: (data: unknown) => unknown): Diagnostic[];
}

/** The descriptions of the small repository, each with the way that a render takes it. */
export async function subjects(): Promise<FuzzSubject[]> {
  const { repository, diagnostics } = await readRepository(shop);
  if (repository === undefined || diagnostics.length > 0)
    throw new Error('the small repository is not right');
  const { clusters, apps, lock } = repository;
  return [
    ...clusters.map((cluster) =>
      yamlSubject(cluster.source.file, clusterSchema, ({ source, value }) => ({
        ...repository,
        clusters: clusters.map((each) => (each === cluster ? { ...cluster, source, value } : each)),
      })),
    ),
    yamlSubject(lock.source.file, lockSchema, ({ source, value }) => ({
      ...repository,
      lock: { ...lock, source, value },
    })),
    ...apps.map((app) => ({
      file: app.source.file,
      text: textOf(app.source.file),
      survive: (bytes: Buffer, change: (data: unknown) => unknown) => {
        // The text is not run: what it exports is changed by itself, and looked for in a text that no longer fits it.
        const { text, diagnostic } = decode(bytes, app.source.file);
        if (diagnostic !== undefined) return [diagnostic];
        const source = moduleSource(app.source.file, text, change(app.source.value));
        const { value, diagnostics } = checkSchema(appSchema, source);
        if (value === undefined) return diagnostics;
        return joined({
          ...repository,
          apps: apps.map((each) => (each === app ? { ...app, source, value } : each)),
        });
      },
    })),
  ];
}

function yamlSubject<S extends z.ZodType>(
  file: string,
  schema: S,
  put: (loaded: Pick<Loaded<z.output<S>>, 'source' | 'value'>) => Repository,
): FuzzSubject {
  return {
    file,
    text: textOf(file),
    survive: (bytes) => {
      const { text, diagnostic } = decode(bytes, file);
      if (diagnostic !== undefined) return [diagnostic];
      const { source, diagnostics } = readYaml(text, file);
      if (source === undefined) return atLeastOne(diagnostics);
      const checked = checkSchema(schema, source);
      if (checked.value === undefined) return atLeastOne(checked.diagnostics);
      return joined(put({ source, value: checked.value }));
    },
  };
}

/** The result of a render of valid descriptions. */
function joined(repository: Repository): Diagnostic[] {
  const diagnostics = checkRepository(shop, repository);
  if (diagnostics.length > 0) return diagnostics;
  // One environment stands for all: what a chart would throw at, it throws at in either.
  const [env] = environments(repository, {
    images: new ImageTags(shop),
    files: new AppFiles(shop),
    extra: new ExtraObjects(shop),
  });
  return env === undefined ? [] : environmentManifests(env).diagnostics;
}

function atLeastOne(diagnostics: Diagnostic[]): Diagnostic[] {
  if (diagnostics.length === 0) throw new Error('nothing could be read, and nobody says why');
  return diagnostics;
}

function textOf(file: string): string {
  return readFileSync(join(shop, file), 'utf8');
}

/** Requirements of every diagnostic: an existing place, an underlined part of its line, a message, and no stack trace. */
export function complaints(diagnostic: Diagnostic, text: string): string[] {
  const { line, column, underlined, what, why, fix, code } = diagnostic;
  const lines = text.split('\n');
  const wrong: string[] = [];
  if (line < 1 || line > lines.length) wrong.push(`line ${line} of ${lines.length}`);
  if (column < 1 || column > (lines[line - 1]?.length ?? 0) + 1) wrong.push(`column ${column}`);
  if (underlined !== undefined) {
    const { text: shown, start, length } = underlined;
    if (start < 0 || length < 1 || start + length > Math.max(shown.length, start + 1))
      wrong.push('underline');
    if (shown.length > 110) wrong.push('a long line is shown');
  }
  for (const words of [what, why, fix])
    if (words.trim() === '' || /^\s+at /m.test(words)) wrong.push(`words: ${words}`);
  if (!/^[a-z]+(-[a-z0-9]+)*$/.test(code)) wrong.push(`code ${code}`);
  if (/[^\P{Cc}\n]/u.test(formatDiagnostic(diagnostic))) wrong.push('a control character is shown');
  return wrong;
}
