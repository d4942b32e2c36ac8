import { field } from '../../charts/kube/field.ts';
import type { KubeObject } from '../../charts/kube/kube-object.ts';

/** Value in place of an encrypted one. It is valid for every type of Secret, also for kubernetes.io/dockerconfigjson. */
const standIn = '{"auths":{}}';

/**
 * Returns a Secret as Flux applies it: without the metadata of SOPS. Only Flux can decrypt the values, so placeholders replace them.
 * Other objects are returned unchanged.
 */
export function asDecrypted(object: KubeObject): KubeObject {
  if (field(object, 'sops') === undefined) return object;
  const { sops: _, ...secret } = object as KubeObject & { sops: unknown };
  return {
    ...secret,
    ...withStandIns(object, 'data', Buffer.from(standIn).toString('base64')),
    ...withStandIns(object, 'stringData', standIn),
  };
}

function withStandIns(object: KubeObject, part: 'data' | 'stringData', value: string): object {
  const values = field(object, part);
  if (typeof values !== 'object' || values === null) return {};
  return { [part]: Object.fromEntries(Object.keys(values).map((key) => [key, value])) };
}
