import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImageStore, type RegistryRepository, type TarEntry } from '../../images/oci/index.ts';
import type { TeamRegistry } from '../../scripts/delivery/registry.ts';
import { signImage } from '../../scripts/signing/sign-image.ts';
import type { SigningKey } from '../../scripts/signing/signing-key.ts';
import { fileOf, packImage } from '../registries/packed-image.ts';
import { TestRegistry } from './registry.ts';
import { TestRepository } from './repository.ts';

export const dockerfile = 'FROM scratch\n';

/** Packages of Debian, as dpkg notes them: one that is installed, and one that was removed. */
const dpkgStatus = [
  ['libc6', 'install ok installed'],
  ['gone', 'deinstall ok config-files'],
].map(([name, status]) => `Package: ${name}\nStatus: ${status}\nVersion: 2.41-12\nArchitecture: amd64\n`);

/** A key, its public half as a PEM, and the private one as a PEM in `text`. */
export function newKey(): SigningKey & { pem: string; text: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const text = privateKey.export({ type: 'sec1', format: 'pem' }).toString();
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return { private: privateKey, public: publicKey, pem, text };
}

/** The registry of a team at an address of a test. */
export function teamAt(url: string): TeamRegistry {
  return {
    host: 'registry.example.org',
    siblings: [],
    close: () => {},
    repository: (path) => ({ url, path }),
  };
}

/** For tests: sources with one app `shop`, its image in a store, and a registry to sign it in. */
export class SigningWorld {
  readonly team: TeamRegistry;
  readonly #registry: TestRegistry;
  readonly #repository: TestRepository;
  readonly #folder: string;
  readonly root: string;
  readonly commit: string;
  readonly store: ImageStore;
  readonly digest: string;

  private constructor(
    registry: TestRegistry,
    repository: TestRepository,
    { folder, root, commit, digest }: { folder: string; root: string; commit: string; digest: string },
  ) {
    this.#registry = registry;
    this.#repository = repository;
    this.#folder = folder;
    this.team = teamAt(registry.url);
    this.store = new ImageStore(folder);
    [this.root, this.commit, this.digest] = [root, commit, digest];
  }

  /**
   * @param program Path of the registry.
   * @param more Further files of the image. Default: none.
   */
  static async start(program: string, more: readonly TarEntry[] = []): Promise<SigningWorld> {
    const registry = await TestRegistry.start(program);
    const repository = await TestRepository.make();
    const { git, root, commit } = await repository.person({ 'apps/shop/Dockerfile': dockerfile });
    await git(['remote', 'add', 'origin', 'https://ann:token@git.example.org/team/shop.git']);
    const folder = mkdtempSync(join(tmpdir(), 'plinth-images-'));
    const digest = await packImage({ store: new ImageStore(folder), path: 'host/shop', tag: 'abc123' }, [
      [
        fileOf('usr/lib/os-release', 'ID=debian\nVERSION_ID="13"\n'),
        fileOf('var/lib/dpkg/status', dpkgStatus.join('\n')),
        fileOf('app/node_modules/left/package.json', '{"name":"left","version":"1.2.3"}'),
        ...more,
      ],
    ]);
    return new SigningWorld(registry, repository, { folder, root, commit, digest });
  }

  get url(): string {
    return this.#registry.url;
  }

  /** The repository of the image in the registry. */
  get shop(): RegistryRepository {
    return this.team.repository('shop');
  }

  /** Puts the proofs of the image into a registry. Default: that of this world. */
  sign(key: SigningKey, team = this.team): Promise<void> {
    const { root, commit, digest, store } = this;
    const kept = { store, path: 'host/shop', tag: 'abc123' };
    const buildArgs = { MODE: 'fast' };
    const image = { name: 'shop', folder: 'apps/shop', bundle: undefined, digest, buildArgs, kept };
    return signImage(team, image, { root, commit }, key);
  }

  async stop(): Promise<void> {
    this.#repository.remove();
    rmSync(this.#folder, { recursive: true });
    await this.#registry.stop();
  }
}
