import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import gitServer from '../../operators/git-server/operator.ts';
import { environment } from '../../test/charts/fixture.ts';
import { type Outcome, SimulatedFlux } from '../../test/charts/simulated-flux.ts';
import { definitions, fluxSync, platform } from './flux-sync.ts';
import type { Kustomization } from './kustomization.ts';

const env = environment({ operators: [gitServer] });

/** Units by name, each with those that it needs and the app that it belongs to. */
type Needs = Record<string, { needs?: string[]; app?: string }>;

function kustomizationsOf(given: Needs): Kustomization[] {
  return Object.entries(given).map(([name, { needs = [], app }]) => ({
    name,
    kind: name.endsWith('-crds') ? 'crds' : 'component',
    objects: [],
    ...(app === undefined ? {} : { app }),
    dependsOn: needs,
    reasons: new Map(),
  }));
}

/** What a commit describes: Kustomizations, and the content of their folders. */
interface Description {
  kustomizations: Kustomization[];
  contents: ReadonlyMap<string, string>;
}

/** A repository of manifests: Kustomizations, and which version of each folder a commit holds. */
class Repository {
  readonly flux = new SimulatedFlux();
  /** The content that is applied of each. */
  readonly applied = new Map<string, string>();
  readonly #started = new Map<string, string>();
  #kustomizations: Kustomization[];
  readonly #versions = new Map<string, number>();
  #commits = 0;
  /** By Kustomization, the commit that it has its artifact of. */
  readonly #namedOf = new Map<string, Description>();

  constructor(given: Needs) {
    this.#kustomizations = kustomizationsOf(given);
  }

  /** The next commits hold other Kustomizations. */
  describe(given: Needs): void {
    this.#kustomizations = kustomizationsOf(given);
  }

  get names(): string[] {
    return this.#kustomizations.filter(({ kind }) => kind === 'component').map(({ name }) => name);
  }

  commit(...changed: string[]): void {
    for (const name of changed) this.#versions.set(name, (this.#versions.get(name) ?? 0) + 1);
    const { kustomizations, contents } = this.#description();
    const objects = fluxSync(env, kustomizations).filter(({ kind }) => kind === 'Kustomization');
    const root = `root of ${JSON.stringify(objects)}`;
    this.flux.fetch(`main@sha1:${++this.#commits}`, objects, new Map([...contents, [platform, root]]));
  }

  /** Names the artifacts of the commit. Returns the Kustomizations that get another one. */
  publish(most?: number): string[] {
    const named = this.flux.publish(most);
    for (const name of named) this.#namedOf.set(name, this.#description());
    return named;
  }

  /** Reconciles one, and checks that its needs are applied as the commit of its artifact has them, or newer. Returns whether it is applied. */
  start(name: string): boolean {
    const content = this.flux.start(name);
    if (content === undefined) return false;
    const { kustomizations, contents } = this.#namedOf.get(name) ?? this.#description();
    const kustomization = kustomizations.find((each) => each.name === name);
    for (const need of kustomization?.dependsOn ?? []) {
      const folder = kustomizations.find((each) => each.name === need)?.kind === 'crds' ? definitions : need;
      expect(versionOf(this.applied.get(folder)), `${name} goes on before ${folder}`).toBeGreaterThanOrEqual(
        versionOf(contents.get(folder)),
      );
    }
    this.#started.set(name, content);
    return true;
  }

  finish(name: string, outcome: Outcome = 'succeeded'): void {
    this.flux.finish(name, outcome);
    const content = this.#started.get(name);
    if (outcome === 'succeeded' && content !== undefined) this.applied.set(name, content);
    else this.applied.delete(name);
  }

  /** Flux reconciles until nothing is left to do. Returns the number of rounds. */
  settle(): number {
    for (let round = 1; round < 100; round++) {
      this.publish();
      for (const name of this.flux.names) {
        if (this.flux.isRunning(name)) this.finish(name);
        if (this.start(name)) this.finish(name);
      }
      const { contents } = this.#description();
      if ([definitions, ...this.names].every((name) => this.applied.get(name) === contents.get(name)))
        return round;
    }
    throw new Error('Flux never ends');
  }

  #description(): Description {
    const contents = new Map(
      [definitions, ...this.names].map((name) => [name, `${name}-${this.#versions.get(name) ?? 0}`]),
    );
    return { kustomizations: this.#kustomizations, contents };
  }
}

/** The number of a content; -1 of what is not applied. */
function versionOf(content: string | undefined): number {
  return Number(content?.split('-').at(-1) ?? -1);
}

const shop: Needs = {
  'thing-crds': {},
  certificates: { needs: ['thing-crds'] },
  gateway: { needs: ['certificates', 'thing-crds'] },
  'shop-db': { needs: ['certificates'], app: 'shop' },
  'shop-migrations': { needs: ['shop-db'], app: 'shop' },
  shop: { needs: ['gateway', 'shop-db', 'shop-migrations'], app: 'shop' },
  page: { needs: ['gateway'], app: 'page' },
};

function running(given: Needs): Repository {
  const repository = new Repository(given);
  repository.commit();
  repository.settle();
  return repository;
}

/** The root has applied the Kustomizations of the newest commit. Returns those that get another artifact. */
function rooted(repository: Repository): string[] {
  expect(repository.start(platform)).toBe(true);
  repository.finish(platform);
  return repository.publish();
}

describe('a commit', () => {
  it('reaches only the changed app, and at once, also before the root has looked at it', () => {
    const repository = running(shop);
    repository.commit('page');
    expect(repository.publish()).toEqual(['page']);
    expect(repository.start('page')).toBe(true);
  });

  it('reaches it also while its dependencies are being applied again', () => {
    const repository = running(shop);
    repository.commit('page');
    for (const name of [definitions, 'certificates', 'gateway']) expect(repository.start(name)).toBe(true);
    repository.publish();
    expect(repository.start('page')).toBe(true);
  });

  it('that changes a dependency reaches the app after the dependency', () => {
    const repository = running(shop);
    repository.commit('gateway', 'page');
    expect(repository.publish()).toEqual(['gateway', 'page']);
    expect(repository.start('page')).toBe(false);
    expect(repository.start('gateway')).toBe(true);
    expect(repository.start('page')).toBe(false);
    repository.finish('gateway');
    expect(repository.start('page')).toBe(true);
  });

  it('reaches neither if only the dependency has its artifact yet', () => {
    const repository = running(shop);
    repository.commit('gateway', 'page');
    expect(repository.publish(1)).toEqual(['gateway']);
    expect(repository.start('page')).toBe(false);
    expect(repository.publish()).toEqual(['page']);
    expect(repository.start('page')).toBe(false);
  });

  it('that changes definitions reaches their operator after them', () => {
    const repository = running(shop);
    repository.commit(definitions, 'certificates');
    expect(repository.publish()).toEqual([]);
    expect(repository.start(definitions)).toBe(true);
    expect(repository.publish()).toEqual([]);
    repository.finish(definitions);
    expect(repository.publish()).toEqual(['certificates']);
    expect(repository.start('certificates')).toBe(true);
  });

  it('that changes the migrations and the app starts no new version before its migrations', () => {
    const repository = running(shop);
    repository.commit('shop-migrations', 'shop');
    expect(repository.publish()).toEqual(['shop-migrations', 'shop']);
    expect(repository.start('shop')).toBe(false);
    expect(repository.start('shop-migrations')).toBe(true);
    expect(repository.start('shop')).toBe(false);
    repository.finish('shop-migrations');
    expect(repository.start('shop')).toBe(true);
  });

  it('that adds the first migrations does not start the app before them', () => {
    const repository = running({ shop: { app: 'shop' } });
    repository.describe({
      shop: { needs: ['shop-migrations'], app: 'shop' },
      'shop-migrations': { app: 'shop' },
    });
    repository.commit('shop');
    // The descriptions of Kustomizations have changed.
    expect(repository.publish()).toEqual([]);
    expect(rooted(repository)).toEqual(['shop-migrations', 'shop']);
    expect(repository.start('shop')).toBe(false);
    expect(repository.start('shop-migrations')).toBe(true);
    expect(repository.start('shop')).toBe(false);
    repository.finish('shop-migrations');
    expect(repository.start('shop')).toBe(true);
  });
});

describe('an app waits for', () => {
  it('a dependency that was never applied', () => {
    const repository = new Repository(shop);
    repository.commit();
    rooted(repository);
    expect(repository.start('page')).toBe(false);
    expect(repository.start('gateway')).toBe(false);
  });

  it('a dependency that fails, also while Flux tries it again, until it succeeds', () => {
    const repository = running(shop);
    repository.commit('page');
    rooted(repository);
    expect(repository.start('gateway')).toBe(true);
    repository.finish('gateway', 'failed');
    expect(repository.start('page')).toBe(false);
    expect(repository.start('gateway')).toBe(true);
    expect(repository.start('page')).toBe(false);
    repository.finish('gateway');
    expect(repository.start('page')).toBe(true);
  });

  it('a dependency whose folder cannot be built or decrypted', () => {
    const repository = running(shop);
    repository.commit('page');
    rooted(repository);
    expect(repository.start('gateway')).toBe(true);
    repository.finish('gateway', 'not-built');
    expect(repository.start('page')).toBe(false);
  });
});

const outcomes: Outcome[] = ['succeeded', 'failed', 'not-built', 'cancelled'];

const names = Array.from({ length: 8 }, (_, i) => `u${i}`);

/** Units without a cycle: each needs only those before it. Some belong to one of two apps. */
const graphs: fc.Arbitrary<Needs> = fc
  .array(
    fc.record({
      needs: fc.array(fc.nat(7), { maxLength: 4 }),
      app: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((rows) =>
    Object.fromEntries(
      rows.map(({ needs, app }, i): [string, Needs[string]] => [
        names[i] ?? '',
        {
          needs: [...new Set(needs.filter((j) => j < i))].map((j) => names[j] ?? ''),
          ...(app === undefined ? {} : { app }),
        },
      ]),
    ),
  );

const steps = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ publish: fc.nat(9) }) },
    { weight: 8, arbitrary: fc.record({ look: fc.nat(9) }) },
    { weight: 1, arbitrary: fc.record({ commit: fc.subarray(names) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        finish: fc.nat(9),
        outcome: fc.constantFrom(...outcomes),
      }),
    },
  ),
  { maxLength: 60 },
);

it('never applies anything before its dependencies, in any order of events, and finally applies everything', () => {
  fc.assert(
    fc.property(graphs, steps, (graph, steps) => {
      const repository = new Repository(graph);
      repository.commit();
      for (const step of steps) {
        const at = (index: number) => repository.flux.names[index % repository.flux.names.length] ?? '';
        if ('commit' in step) repository.commit(...step.commit.filter((name) => name in graph));
        else if ('publish' in step) repository.publish(step.publish);
        else if ('look' in step) {
          if (!repository.flux.isRunning(at(step.look))) repository.start(at(step.look));
        } else if (repository.flux.isRunning(at(step.finish))) {
          repository.finish(at(step.finish), step.outcome);
        }
      }
      repository.settle();
    }),
  );
});

it('is never delayed by unchanged Kustomizations, whatever their state', () => {
  fc.assert(
    fc.property(graphs, fc.nat(7), fc.array(fc.nat(7)), (graph, which, looked) => {
      const repository = running(graph);
      const all = repository.names;
      const changed = all[which % all.length] ?? '';
      repository.commit(changed);
      rooted(repository);
      for (const index of looked) {
        const other = all[index % all.length] ?? '';
        if (other !== changed && !repository.flux.isRunning(other)) repository.start(other);
      }
      expect(repository.start(changed)).toBe(true);
    }),
  );
});
