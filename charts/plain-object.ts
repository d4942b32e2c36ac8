import { ApiObject } from 'cdk8s';

/**
 * The Kubernetes object that a cdk8s object stands for, as `toJson()` gives it, but for the order of keys and for fields
 * that are undefined.
 *
 * `toJson()` looks for lazy values at every leaf, sorts all keys and copies the whole three times, which is four fifths
 * of the time of a render. Nothing here is lazy, and what writes the YAML sorts. Whatever is not just props on their
 * way through (a patch, a class of one's own) takes the long way.
 */
export function plainObject(object: ApiObject): unknown {
  const props: unknown = Reflect.get(object, 'props');
  const patches: unknown = Reflect.get(object, 'patches');
  if (typeof props !== 'object' || !Array.isArray(patches) || patches.length > 0) return object.toJson();
  const given = { ...props, metadata: object.metadata.toJson() };
  if (object.constructor === ApiObject) return given;
  const manifest = manifestOf(object.constructor);
  return manifest === undefined ? object.toJson() : manifest(given);
}

/** Of a class that was generated for a kind: what makes plain data of its props. A class derived from it has none. */
function manifestOf(kind: object): ((props: object) => unknown) | undefined {
  const manifest: unknown = Object.hasOwn(kind, 'manifest') ? Reflect.get(kind, 'manifest') : undefined;
  return typeof manifest === 'function' ? (props) => manifest.call(kind, props) : undefined;
}
