/** A Kubernetes object as plain data, from cdk8s's `toJson()` or written by hand. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    [field: string]: unknown;
  };
  [field: string]: unknown;
}

/** Whether data has apiVersion, kind and metadata.name. */
export function isKubeObject(json: unknown): json is KubeObject {
  if (typeof json !== 'object' || json === null) return false;
  if (!('apiVersion' in json && 'kind' in json && 'metadata' in json)) return false;
  const { metadata } = json;
  return typeof metadata === 'object' && metadata !== null && 'name' in metadata;
}

/** The objects of one operator or app, which Flux applies and waits for together. */
export interface Component {
  /** Name of the operator or app. */
  name: string;
  objects: KubeObject[];
  /**
   * Objects of a Helm chart, which helm-controller applies after `objects`. They are checked, ordered and
   * compared, but not written to manifests/.
   */
  templated?: readonly KubeObject[];
}

/** All objects of a component, applied by Flux or by helm-controller. */
export function allObjects({ objects, templated = [] }: Component): KubeObject[] {
  return templated.length === 0 ? objects : [...objects, ...templated];
}
