import type { TestProject } from 'vitest/node';
import { TestAuthority } from './authority.ts';
import { Postgres } from './postgres.ts';

/** One Postgres for all files; each makes databases of its own in it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const authority = await TestAuthority.make('databases');
  const postgres = await Postgres.start(authority);
  project.provide('postgres', {
    port: postgres.port,
    folder: postgres.folder,
    authority: await authority.save(),
  });
  return () => postgres.stop();
}

declare module 'vitest' {
  interface ProvidedContext {
    postgres: { port: number; folder: string; authority: { root: string; key: string } };
  }
}
