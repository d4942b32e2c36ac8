import { importApart } from './import-apart.ts';
import { importDescription, type ModuleText } from './import-description.ts';
import { isData } from './is-data.ts';
import type { KnownSources } from './known-sources.ts';
import { moduleSource } from './module-source.ts';
import type { ReadSource } from './source.ts';

/** Imports TypeScript files; returns a map from path to the default export or diagnostics. */
export async function readModules(
  root: string,
  files: readonly string[],
  known: KnownSources,
): Promise<Map<string, ReadSource>> {
  const read = new Map<string, ReadSource>();
  const [data, programs]: [ModuleText[], ModuleText[]] = [[], []];
  for (const file of files) {
    const { text, ...found } = known.read(root, file);
    if (text === undefined) read.set(file, found);
    else (isData(text) ? data : programs).push({ file, text });
  }
  await Promise.all(
    data.map(async (module) => {
      const { value, diagnostic } = await importDescription(root, module);
      const { file, text } = module;
      if (diagnostic !== undefined) read.set(file, { diagnostics: [diagnostic] });
      else {
        const source = known.keep(moduleSource(file, text, value), text, { follows: true });
        read.set(file, { source, diagnostics: [] });
      }
    }),
  );
  // A file can change a module that another file imports, so all are imported again, always in the same
  // order.
  known.imports = { modules: new Map(), complete: true };
  const apart = await importApart(root, programs, known.imports);
  for (const { file, text } of programs) {
    const { value, diagnostic } = apart.get(file) ?? {};
    if (diagnostic !== undefined) read.set(file, { diagnostics: [diagnostic] });
    else {
      const source = known.keep(moduleSource(file, text, value), text, { follows: false });
      read.set(file, { source, diagnostics: [] });
    }
  }
  return read;
}
