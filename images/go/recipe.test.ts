import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadLock, parseLock } from '../lock/read.ts';
import { goOutputName, recipeOf } from './recipe.ts';

const lock = loadLock();

describe('goOutputName', () => {
  it.each([
    ['k8s.io/kubernetes/cmd/kubelet', 'kubelet'],
    ['go.etcd.io/etcd/server/v3', 'server'],
    ['example.org/v2beta', 'v2beta'],
    ['pause', 'pause'],
  ])('%s becomes %s', (path, name) => {
    expect(goOutputName(path)).toBe(name);
  });
});

describe('recipeOf', () => {
  it('finds the component by one of its executables', () => {
    expect(recipeOf(lock, 'kubelet').component).toBe('kubernetes');
    expect(recipeOf(lock, 'kubernetes')).toEqual(recipeOf(lock, 'kubeadm'));
  });

  it('lists the known names for an unknown one', () => {
    expect(() => recipeOf(lock, 'kubelets')).toThrow(
      /kubelets: images\/lock.yaml has no such binary.*kubelet,/,
    );
  });

  it('sets the parts of the version in the program', () => {
    const [major, minor] = lock.kubernetes.slice(1).split('.');
    const flags = recipeOf(lock, 'kubelet').flags.join(' ');
    expect(flags).toContain(`-X=k8s.io/component-base/version.gitVersion=${lock.kubernetes}`);
    expect(flags).toContain(`gitMajor=${major} -X=k8s.io/component-base/version.gitMinor=${minor}`);
  });

  it('has another key with another version, flag or name', () => {
    const text = (version: string, tags: string): string =>
      `{kubernetes: v1.0.0, binaries: {pause: {version: ${version}, go: {wrapper: pause, packages: {pause: .}, tags: [${tags}]}}}}`;
    const keys = [text('v3.10', ''), text('v3.11', ''), text('v3.10', 'x')].map(
      (source) => recipeOf(parseLock(source, 'lock.yaml'), 'pause').key,
    );
    expect(new Set(keys).size).toBe(3);
  });
});

describe('the wrappers', () => {
  const components = Object.entries(lock.binaries);

  it('are all used, by a program or by definitions whose module none builds', () => {
    const used = new Set(components.map(([, { go }]) => go.wrapper));
    const modules = Object.values(lock.artifacts).map(
      ({ build: { module, version } }) => `${module} ${version}`,
    );
    const isPinned = (name: string) => {
      const text = readFileSync(join(import.meta.dirname, 'wrappers', name, 'go.mod'), 'utf8');
      return modules.some((module) => text.includes(`require ${module}\n`));
    };
    const folders = readdirSync(join(import.meta.dirname, 'wrappers'));
    expect(folders.filter((name) => !used.has(name) && !isPinned(name))).toEqual([]);
  });

  it.each(components)(
    '%s requires the version of the lock file, with its checksum',
    (name, { version, go }) => {
      const { wrapperDir } = recipeOf(lock, name);
      const goMod = readFileSync(join(wrapperDir, 'go.mod'), 'utf8');
      if (go.module === undefined) {
        // A program of ours: go.sum pins the modules that it requires.
        const goSum = join(wrapperDir, 'go.sum');
        const pinned = existsSync(goSum) ? readFileSync(goSum, 'utf8') : '';
        for (const [, module, version] of goMod.matchAll(/^(?:require |\t)(\S+) (v\S+)/gm))
          expect(pinned).toContain(`${module} ${version} h1:`);
        return;
      }
      expect(goMod).toMatch(new RegExp(`^(?:require |\\t)${literal(go.module)} ${literal(version)}$`, 'm'));
      // A module that is built from a copy has the copy's checksum.
      const copy = goMod.match(new RegExp(`^replace ${literal(go.module)} => (\\S+) (\\S+)$`, 'm'));
      const [, source = go.module, at = version] = copy ?? [];
      expect(readFileSync(join(wrapperDir, 'go.sum'), 'utf8')).toContain(`${source} ${at} h1:`);
    },
  );

  it.each(components)('%s imports the packages that are built', (name, { go }) => {
    const { wrapperDir } = recipeOf(lock, name);
    const wrapper = join(wrapperDir, 'wrapper.go');
    const own = Object.values(go.packages).every((path) => path === '.');
    expect(existsSync(wrapper)).toBe(!own);
    if (own) return;
    const imports = [...readFileSync(wrapper, 'utf8').matchAll(/_ "([^"]+)"/g)].map(([, path]) => path);
    expect(imports.sort()).toEqual(Object.values(go.packages).sort());
  });

  it.each(components)('%s replaces files of exactly the modules in its list', (name, { go }) => {
    const { wrapperDir } = recipeOf(lock, name);
    const below = join(wrapperDir, 'instead');
    expect(existsSync(below)).toBe(go.instead.length > 0);
    for (const module of go.instead) expect(readdirSync(join(below, module))).not.toEqual([]);
  });
});

function literal(text: string): string {
  return text.replace(/[.+/]/g, '\\$&');
}
