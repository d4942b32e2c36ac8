import type { Condition, KubeObject } from './objects.ts';

/** How a thing is: as it should be, on its way there, put on hold by someone, or in need of a look. */
export type Mood = 'good' | 'working' | 'paused' | 'bad';

/** What was found out about a thing. */
export interface Finding {
  mood: Mood;
  /** What is wrong or under way; empty when all is well. */
  message: string;
  /** Since when, as Kubernetes writes times; empty where it does not say. */
  since: string;
  /** Where to look further; only when something is wrong. */
  more?: More;
}

/** What leads on from a problem. */
export interface More {
  /** What to type to see everything. */
  command: string;
  /** The last warnings, newest first. */
  events: { reason: string; message: string; at: string; count: number }[];
}

/** All is well. */
export const good: Finding = { mood: 'good', message: '', since: '' };

/** The condition of that type, when there is one. */
export function condition(conditions: Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((item) => item.type === type);
}

/** By namespace and name, whatever order the API server sent them in. */
export function inOrder<T extends KubeObject>(objects: Iterable<T>): T[] {
  const key = ({ metadata }: T): string => `${metadata.namespace ?? ''}/${metadata.name}`;
  return [...objects].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** `main@sha1:0123abcd…` as Flux writes it becomes `main@0123abcd`. */
export function shortRevision(revision: string): string {
  return revision.replace(/sha(?:1|256):([0-9a-f]{8})[0-9a-f]*/, '$1');
}

/** Without what a remote call puts before what went wrong: `rpc error: code = NotFound desc = `. */
export function plain(message: string): string {
  return message.replaceAll(/rpc error: code = \w+ desc = /g, '');
}

/** `registry.dev.localhost/home:0123…64 digits` becomes `home:0123…12 digits`; a digest is left out. */
export function shortImage(image: string): string {
  const name = image.split('/').at(-1)?.split('@')[0] ?? '';
  return name.replace(/:([0-9a-f]{12})[0-9a-f]+$/, ':$1');
}
