import { dirname, join } from 'node:path';
import { field } from '../../charts/kube/field.ts';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { objectId } from '../../charts/kube/object-id.ts';
import { sourceOf } from '../../charts/order/order.ts';
import type { Environment } from '../../model/graph.ts';
import type { FieldPath } from '../../model/reading/source.ts';

/** A field of a description. */
export interface FieldOfFile {
  /** From the root of the repository. */
  file: string;
  path: FieldPath;
  /** Whether the key is meant, not its value. */
  part: 'key' | 'value';
}

/** What the graph adds to an app that nobody writes in app.ts. */
const derived = new Set([
  ...['imageRef', 'migrationsRef', 'builds', 'fileContents', 'extraObjects', 'secrets', 'host', 'hosts'],
]);

/**
 * Which field of which description made a field of an object what it is. Objects do not remember it, so it is found by the value: the
 * field of app.ts, operator.ts or cluster.yaml that holds it, in itself or in a part, and whose path has the most words in
 * common with the object's. Without such a field it is the one with a word in common, else the name of the component. An object
 * that somebody wrote, under `extra`, is its own description.
 */
export function placeOfRefusal(
  env: Environment,
  component: string,
  object: KubeObject,
  path: FieldPath,
): FieldOfFile {
  const file = sourceOf(env, component);
  const own = [...env.apps, ...env.operators].find(
    ({ name }) => file === `apps/${name}/app.ts` || file === `operators/${name}/operator.ts`,
  );
  const written = own?.extraObjects.findIndex((one) => objectId(one) === objectId(object)) ?? -1;
  if (written >= 0) return { file: join(dirname(file), own?.extra[written] ?? ''), path, part: 'value' };
  const wanted = { value: field(object, ...path), words: wordsOf(path) };
  const ofOwn =
    own === undefined ? [] : fieldsOf(own).filter(({ path: [top = ''] }) => !derived.has(String(top)));
  const ofCluster = fieldsOf(env.cluster).filter(({ path: [top = ''] }) => top !== 'apps');
  const best = [
    ...ofOwn.map((one) => ({ ...one, file, score: scoreOf(one, wanted) })),
    // Of two that are as good, the one of the component itself.
    ...ofCluster.map((one) => ({ ...one, file: clusterFile(env), score: scoreOf(one, wanted) - 1 })),
  ].reduce<Scored | undefined>((a, b) => (b.score > (a?.score ?? 1) ? b : a), undefined);
  if (best === undefined) return { file, path: ['name'], part: 'value' };
  const { path: at, part } = best;
  const override = ['apps', own?.name ?? '', ...at];
  return best.file === file && field(env.cluster, ...override) !== undefined
    ? { file: clusterFile(env), path: override, part }
    : { file: best.file, path: at, part };
}

interface Field {
  path: FieldPath;
  value: unknown;
  part: 'key' | 'value';
}

type Scored = Field & { file: string; score: number };

function clusterFile({ name }: Environment): string {
  return `clusters/${name}/cluster.yaml`;
}

/** Every key and every value of a description. */
function fieldsOf(value: unknown, path: FieldPath = []): Field[] {
  if (typeof value !== 'object' || value === null) return [{ path, value, part: 'value' }];
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    const named: Field[] = Array.isArray(value) ? [] : [{ path: at, value: key, part: 'key' }];
    return [...named, ...fieldsOf(inner, at)];
  });
}

/** How well a field of a description fits: 2 and more is a fit. */
function scoreOf(one: Field, wanted: { value: unknown; words: ReadonlySet<string> }): number {
  const common = [...wordsOf(one.path)].filter((word) => wanted.words.has(word)).length;
  const fit = likeness(one.value, wanted.value);
  // A number or a short word says little by itself: `1` stands everywhere.
  if (fit > 0 && common === 0 && String(wanted.value).length < 4) return 0;
  // The key of the same name: where the API server names what it does not know, or what is missing.
  const sameKey = one.part === 'key' && wanted.words.has(String(one.value).toLowerCase()) ? 2 : 0;
  return fit + common + sameKey;
}

function likeness(one: unknown, wanted: unknown): number {
  if (wanted === undefined || wanted === null || typeof wanted === 'object') return 0;
  const [a, b] = [String(one), String(wanted)];
  if (a === b) return 6;
  return a.length > 3 && isPart(a, b) ? 3 : 0;
}

/** Whether a text holds another one as whole words: `market` is in `market.dev.localhost`, and `host` is not. */
function isPart(part: string, text: string): boolean {
  const at = text.indexOf(part);
  if (at === -1) return false;
  const isLetter = (char: string | undefined) => char !== undefined && /[A-Za-z0-9]/.test(char);
  return !isLetter(text[at - 1]) && !isLetter(text[at + part.length]);
}

/** Words that say where in an object something stands, and nothing of what it is. */
const structure = new Set(['spec', 'template', 'metadata', 'containers', 'data', 'name', 'value']);

/** The words of a path, without plurals: `spec.ports[0].containerPort` has port, container and port. */
function wordsOf(path: FieldPath): Set<string> {
  const words = path
    .filter((part) => typeof part === 'string' && !structure.has(part))
    .flatMap((part) => [String(part), ...String(part).split(/(?=[A-Z])/)])
    .flatMap((word) => [word.toLowerCase(), word.toLowerCase().replace(/s$/, '')]);
  return new Set(words);
}
