import { field } from '../../charts/kube/field.ts';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { objectId } from '../../charts/kube/object-id.ts';
import { extraFileOf, sourceOf } from '../../charts/order/owners.ts';
import type { Environment } from '../../model/graph.ts';
import type { FieldPath } from '../../model/reading/source.ts';

/** A field of a description. */
export interface FieldOfFile {
  /** Path from the root of the repository. */
  file: string;
  path: FieldPath;
  /** Whether the place is the key, not its value. */
  part: 'key' | 'value';
}

/** Fields that the graph adds to an app and that app.ts does not have. */
const derived = new Set([
  ...['imageRef', 'migrationsRef', 'builds', 'fileContents', 'extraObjects', 'secrets', 'host', 'hosts'],
]);

/**
 * Finds the field of a description that determined a field of an object. Objects do not record it, so the search is by value: the
 * field of app.ts, operator.ts or cluster.yaml that contains the value and whose path shares the most words with the object's
 * path. Without such a field it is one with a common word, else the name of the component. An object under `extra` is its own
 * description.
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
  const extra = extraFileOf(env, component, objectId(object));
  if (extra !== undefined) return { file: extra, path, part: 'value' };
  const wanted = { value: field(object, ...path), words: wordsOf(path) };
  const ofOwn =
    own === undefined ? [] : fieldsOf(own).filter(({ path: [top = ''] }) => !derived.has(String(top)));
  const ofCluster = fieldsOf(env.cluster).filter(({ path: [top = ''] }) => top !== 'apps');
  const best = [
    ...ofOwn.map((one) => ({ ...one, file, score: scoreOf(one, wanted) })),
    // On a tie, the component's own field wins.
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

/** Score of a field of a description; 2 or more is a match. */
function scoreOf(one: Field, wanted: { value: unknown; words: ReadonlySet<string> }): number {
  const common = [...wordsOf(one.path)].filter((word) => wanted.words.has(word)).length;
  const fit = likeness(one.value, wanted.value);
  // A number or a short word is weak evidence: `1` occurs everywhere.
  if (fit > 0 && common === 0 && String(wanted.value).length < 4) return 0;
  // A key of the same name matches, because the API server reports unknown and missing fields by their key.
  const sameKey = one.part === 'key' && wanted.words.has(String(one.value).toLowerCase()) ? 2 : 0;
  return fit + common + sameKey;
}

function likeness(one: unknown, wanted: unknown): number {
  if (wanted === undefined || wanted === null || typeof wanted === 'object') return 0;
  const [a, b] = [String(one), String(wanted)];
  if (a === b) return 6;
  return a.length > 3 && isPart(a, b) ? 3 : 0;
}

/** Whether a text contains another one as whole words: `market` is in `market.dev.localhost`, and `host` is not. */
function isPart(part: string, text: string): boolean {
  const at = text.indexOf(part);
  if (at === -1) return false;
  const isLetter = (char: string | undefined) => char !== undefined && /[A-Za-z0-9]/.test(char);
  return !isLetter(text[at - 1]) && !isLetter(text[at + part.length]);
}

/** Words of paths that are structural and have no meaning for the match. */
const structure = new Set(['spec', 'template', 'metadata', 'containers', 'data', 'name', 'value']);

/** The words of a path, without plurals: `spec.ports[0].containerPort` has port, container and port. */
function wordsOf(path: FieldPath): Set<string> {
  const words = path
    .filter((part) => typeof part === 'string' && !structure.has(part))
    .flatMap((part) => [String(part), ...String(part).split(/(?=[A-Z])/)])
    .flatMap((word) => [word.toLowerCase(), word.toLowerCase().replace(/s$/, '')]);
  return new Set(words);
}
