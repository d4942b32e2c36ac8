import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compare } from 'semver';
import { z } from 'zod';
import { loadLock } from '../lock/read.ts';
import { runGo } from './command.ts';
import { type Recipe, recipeOf } from './recipe.ts';
import { workspaceOf } from './workspace.ts';

const usage = `node images/go/align.ts

Raises in images/go/wrappers/*/go.mod every module that several components need to the highest version that any of them asks for.
Go compiles a package once for each version of it and of all that it imports. Run it after a version in images/lock.yaml
has changed, then build: what no longer compiles together has to be taken out of the list in images/go/align.ts.`;

/**
 * Components that a new cluster compiles one after another while it starts. Components of nodes are left out: they keep the versions
 * that their projects test. cert-manager is left out: its ACME clients require newer golang.org/x/mod and x/tools, which few
 * packages import.
 */
export const together = [
  'source-controller',
  'kustomize-controller',
  'helm-controller',
  'metrics-server',
  'kube-router',
  'coredns',
  'traefik',
  'local-path-provisioner',
  'cloudnative-pg',
];

const goModSchema = z.object({
  Require: z.array(z.object({ Path: z.string(), Version: z.string() })).default([]),
  Replace: z.array(z.object({ Old: z.object({ Path: z.string() }) })).nullish(),
});

/** Versions that a component's go.mod requires, by module, without replaced modules. */
export type Requirements = ReadonlyMap<string, string>;

/** The modules to raise, by component: those that another component requires in a higher version. */
export function raises(components: ReadonlyMap<string, Requirements>): Map<string, Map<string, string>> {
  const highest = new Map<string, string>();
  for (const requirements of components.values()) {
    for (const [module, version] of requirements) {
      const known = highest.get(module);
      if (known === undefined || compare(version, known) > 0) highest.set(module, version);
    }
  }
  return new Map(
    [...components].flatMap(([name, requirements]) => {
      const own = [...requirements.keys()].flatMap((module): [string, string][] => {
        const version = highest.get(module);
        return version === undefined || version === requirements.get(module) ? [] : [[module, version]];
      });
      return own.length === 0 ? [] : [[name, new Map(own)]];
    }),
  );
}

/** Reads the requirements of each component's go.mod. */
export async function readRequirements(names: readonly string[]): Promise<Map<string, Requirements>> {
  const found = names.map(async (name): Promise<[string, Requirements]> => {
    const { wrapperDir: cwd, platform } = recipeOf(loadLock(), name);
    const text = await runGo(['mod', 'edit', '-json'], { cwd, platform });
    const { Require, Replace } = goModSchema.parse(JSON.parse(text));
    const replaced = new Set((Replace ?? []).map(({ Old }) => Old.Path));
    return [
      name,
      new Map(Require.filter((one) => !replaced.has(one.Path)).map((one) => [one.Path, one.Version])),
    ];
  });
  return new Map(await Promise.all(found));
}

/** Adds the modules of imported packages to go.sum. `go mod tidy` would add the modules of all tests too. */
async function addSums(recipe: Recipe): Promise<void> {
  const cwd = await workspaceOf(recipe, undefined);
  await runGo(['list', '-mod=mod', '-deps', '-f', '', ...Object.values(recipe.packages)], {
    cwd,
    platform: recipe.platform,
  });
  if (cwd !== recipe.wrapperDir) await copyFile(join(cwd, 'go.sum'), join(recipe.wrapperDir, 'go.sum'));
}

/** Raises once and returns the number of changed components. A raised module can require higher versions, so call it until 0. */
async function alignOnce(): Promise<number> {
  const raised = raises(await readRequirements(together));
  for (const [name, modules] of raised) {
    const { wrapperDir, platform } = recipeOf(loadLock(), name);
    console.log(`${join('images/go/wrappers', name)}: ${modules.size} modules`);
    const edits = [...modules].map(([module, version]) => `-require=${module}@${version}`);
    await runGo(['mod', 'edit', ...edits], { cwd: wrapperDir, platform });
    await addSums(recipeOf(loadLock(), name));
  }
  return raised.size;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h', default: false } } });
  if (values.help) console.log(usage);
  else while ((await alignOnce()) > 0);
}
