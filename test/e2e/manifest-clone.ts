import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Engine } from '../../images/index.ts';
import { remoteOf } from '../../scripts/flux/git-service.ts';

/** A clone of the cluster's manifest repository as somebody has it who knows nothing but Git. */
export class ManifestClone {
  private readonly folder: string;
  private readonly environment: Record<string, string>;

  private constructor(folder: string, environment: Record<string, string>) {
    this.folder = folder;
    this.environment = environment;
  }

  static async make(engine: Engine, cluster: string): Promise<ManifestClone> {
    const clone = new ManifestClone(await mkdtemp(join(tmpdir(), 'plinth-e2e-clone-')), engine.env);
    await clone.git('clone', '--quiet', '--branch', 'main', remoteOf(engine, cluster), '.');
    return clone;
  }

  /** Changes a file, which must change, commits and pushes. */
  async change(file: string, edit: (text: string) => string, subject: string): Promise<void> {
    const path = join(this.folder, file);
    const before = await readFile(path, 'utf8');
    const after = edit(before);
    if (after === before) throw new Error(`${file}: the edit changed nothing`);
    await writeFile(path, after);
    await this.git('commit', '--quiet', '--all', '--message', subject);
    await this.git('push', '--quiet', 'origin', 'HEAD:main');
  }

  /** Takes back the last commit by another one, and pushes it. */
  async revert(): Promise<void> {
    await this.git('revert', '--no-edit', 'HEAD');
    await this.git('push', '--quiet', 'origin', 'HEAD:main');
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private async git(...args: string[]): Promise<void> {
    const config = { 'protocol.ext.allow': 'user', 'user.name': 'Ada of e2e', 'user.email': 'e2e@localhost' };
    const settings = Object.entries(config).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    await execa('git', [...settings, ...args], { cwd: this.folder, env: this.environment });
  }
}
