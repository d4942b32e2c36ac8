import { stripVTControlCharacters } from 'node:util';
import {
  type PublishedApp,
  type PublishedImages,
  publishedImagesFile,
} from '../../model/schema/published-images.ts';
import { Failure } from '../cli/failure.ts';
import { type Git, gitIn } from '../delivery/git.ts';
import { isSameVersion, readPublished } from '../delivery/images-file.ts';
import { ManifestRemote, remoteAddress } from '../delivery/manifest-remote.ts';
import { diffOfManifests } from '../diff/diff.ts';
import { printDiff } from '../diff/print-diff.ts';
import { readCluster } from '../repository/read-cluster.ts';
import { fenced } from '../review/text.ts';
import { listOfChanges } from './markdown.ts';
import { changesBetween, changesOfApp } from './source-changes.ts';

/** Options of `npm run notes`. */
export interface NotesOptions {
  environment: string;
  /** Compare with what the environment ran then. Default: before its last publication, promotion or roll-back. */
  since?: Date | undefined;
  acceptRewritten: boolean;
  root: string;
  print: (text: string) => void;
}

/** Prints release notes of an environment: versions, the commits that they brought, and effects. Returns the exit code. */
export async function notes({
  environment,
  since,
  acceptRewritten,
  root,
  print,
}: NotesOptions): Promise<number> {
  const cluster = readCluster(environment, root);
  const address = remoteAddress(environment, cluster);
  const remote = await ManifestRemote.open(address, { root, cluster: cluster.name, acceptRewritten });
  print(await notesOf(remote, { environment, since, git: gitIn(root) }));
  return 0;
}

/** The text of the notes, from a manifest repository and the Git of the sources. */
export async function notesOf(
  remote: ManifestRemote,
  { environment, since, git }: Pick<NotesOptions, 'environment' | 'since'> & { git: Git },
): Promise<string> {
  const file = publishedImagesFile(environment);
  const head = await remote.head();
  const now = readPublished(environment, await remote.file(head, file));
  if (head === undefined || now === undefined) {
    throw new Failure(
      `nothing was published in ${environment}.`,
      `Publish first: npm run publish -- ${environment}`,
    );
  }
  const from =
    since === undefined ? (await remote.history(head, file, 2))[1] : await remote.lastBefore(head, since);
  const before = readPublished(environment, await remote.file(from, file));
  const title = `# ${environment}\n\nFrom ${before?.source.slice(0, 12) ?? 'nothing'} to ${now.source.slice(0, 12)}.\n`;
  const told = new Set<string>();
  const sections = [title];
  for (const app of appsIn(before, now)) sections.push(...(await sectionOf(app, { before, now, git, told })));
  if (before !== undefined) {
    const all = await changesBetween(git, { from: before.source, to: now.source });
    const added = all.added.filter(({ commit }) => !told.has(commit));
    const removed = all.removed.filter(({ commit }) => !told.has(commit));
    const rest = listOfChanges({ ...all, added, removed });
    if (rest !== '') sections.push(`## Other changes\n\n${rest}`);
    sections.push(await effects(remote, environment, { from, to: head }));
  }
  return sections.join('\n');
}

function appsIn(before: PublishedImages | undefined, now: PublishedImages): string[] {
  return [...new Set([...Object.keys(before?.apps ?? {}), ...Object.keys(now.apps)])].sort();
}

/** The section of an app whose version changed; `told` gets its commits. */
async function sectionOf(
  app: string,
  {
    before,
    now,
    git,
    told,
  }: { before: PublishedImages | undefined; now: PublishedImages; git: Git; told: Set<string> },
): Promise<string[]> {
  const [old, current] = [before?.apps[app], now.apps[app]];
  if (current === undefined) return [`## ${app}: no longer published\n`];
  if (old === undefined) return [`## ${app}: new, ${nameOf(current)}\n`];
  if (isSameVersion(old, current)) return [];
  const changes = await changesOfApp(git, app, { before: old, after: current });
  for (const { commit } of [...changes.added, ...changes.removed]) told.add(commit);
  const text = listOfChanges(changes);
  const held = current.hold === undefined ? '' : `Held by ${current.hold.by}.\n\n`;
  return [
    `## ${app}: from ${nameOf(old)} to ${nameOf(current)}\n\n${held}${text || 'No commit in its folder: what it is built with has changed.\n'}`,
  ];
}

function nameOf({ image, migrations }: PublishedApp): string {
  const { tag, digest } = image ?? migrations ?? { tag: 'no image', digest: '' };
  return digest === '' ? tag : `${tag} (${digest.slice(0, 19)})`;
}

async function effects(
  remote: ManifestRemote,
  environment: string,
  { from, to }: { from: string | undefined; to: string },
): Promise<string> {
  const [old, now] = [
    await remote.files(from, `manifests/${environment}`),
    await remote.files(to, `manifests/${environment}`),
  ];
  const text = printDiff({
    ref: 'the version before',
    environments: diffOfManifests(old, now),
    diagnostics: [],
  });
  return `## Effects\n\n${fenced(stripVTControlCharacters(text))}`;
}
