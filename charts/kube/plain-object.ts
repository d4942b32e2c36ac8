import { ApiObject, type ApiObjectMetadataDefinition } from 'cdk8s';

/**
 * The Kubernetes object of a cdk8s object, as `toJson()` returns it, except for the order of keys and
 * undefined fields.
 * `toJson()` resolves lazy values at every leaf, sorts all keys and copies the object three times, which
 * takes four fifths of the time of a render. There are no lazy values here, and the YAML writer sorts.
 * Objects with patches or of a derived class still use `toJson()`.
 */
export function plainObject(object: ApiObject): unknown {
  const props: unknown = Reflect.get(object, 'props');
  const patches: unknown = Reflect.get(object, 'patches');
  if (typeof props !== 'object' || !Array.isArray(patches) || patches.length > 0) return object.toJson();
  const given = { ...props, metadata: plainMetadata(object.metadata) };
  if (object.constructor === ApiObject) return given;
  const manifest = manifestOf(object.constructor);
  return manifest === undefined ? object.toJson() : manifest(given);
}

/** Fields of metadata with texts or maps of texts, which go into the manifest unchanged. */
const plainFields = new Set(['name', 'namespace', 'labels', 'annotations']);

/** The plain metadata, if it has only these fields. */
function plainMetadata(metadata: ApiObjectMetadataDefinition): unknown {
  const part = (name: string): unknown => Reflect.get(metadata, name);
  const [labels, annotations] = [part('labels'), part('annotations')];
  const plain =
    every(part('_additionalAttributes'), (_, key) => plainFields.has(key)) &&
    every(labels, isText) &&
    every(annotations, isText) &&
    isEmpty(part('finalizers')) &&
    isEmpty(part('ownerReferences'));
  if (!plain) return metadata.toJson();
  const { name, namespace } = metadata;
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(isEmpty(labels) ? {} : { labels }),
    ...(isEmpty(annotations) ? {} : { annotations }),
  };
}

function every(map: unknown, fits: (value: unknown, key: string) => boolean): boolean {
  if (typeof map !== 'object' || map === null) return false;
  for (const [key, value] of Object.entries(map)) if (!fits(value, key)) return false;
  return true;
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isEmpty(value: unknown): boolean {
  return every(value, () => false);
}

/** The `toJson` function of a generated class of a kind; a derived class has none. */
function manifestOf(kind: object): ((props: object) => unknown) | undefined {
  const manifest: unknown = Object.hasOwn(kind, 'manifest') ? Reflect.get(kind, 'manifest') : undefined;
  return typeof manifest === 'function' ? (props) => manifest.call(kind, props) : undefined;
}
