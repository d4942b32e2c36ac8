import type { Condition, KubeObject } from './objects.ts';

/** State of a thing: good, in progress, paused by a person, or with a problem. */
export type Mood = 'good' | 'working' | 'paused' | 'bad';

/** The state of a thing, with details. */
export interface Finding {
  mood: Mood;
  /** The problem or the progress; empty if all is well. */
  message: string;
  /** Start time in Kubernetes' format; empty if unknown. */
  since: string;
  /** Details of a problem. */
  more?: More;
}

/** Next steps for a problem. */
export interface More {
  /** Command that shows all details. */
  command: string;
  /** The last warnings, newest first. */
  events: { reason: string; message: string; at: string; count: number }[];
}

/** State without problems. */
export const good: Finding = { mood: 'good', message: '', since: '' };

/** The condition of that type, if there is one. */
export function condition(conditions: Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((item) => item.type === type);
}

/** Sorted by namespace and name. */
export function inOrder<T extends KubeObject>(objects: Iterable<T>): T[] {
  const key = ({ metadata }: T): string => `${metadata.namespace ?? ''}/${metadata.name}`;
  return [...objects].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Shortens Flux's `main@sha1:0123abcd…` to `main@0123abcd`. */
export function shortRevision(revision: string): string {
  return revision.replace(/sha(?:1|256):([0-9a-f]{8})[0-9a-f]*/, '$1');
}

/** Removes the prefix of a remote call: `rpc error: code = NotFound desc = `. */
export function plain(message: string): string {
  return message.replaceAll(/rpc error: code = \w+ desc = /g, '');
}

/** `registry.dev.localhost/home:0123…64 digits` becomes `home:0123…12 digits`; a digest is left out. */
export function shortImage(image: string): string {
  const name = image.split('/').at(-1)?.split('@')[0] ?? '';
  return name.replace(/:([0-9a-f]{12})[0-9a-f]+$/, ':$1');
}
