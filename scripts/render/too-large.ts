import type { Component } from '../../charts/kube/kube-object.ts';
import { objectId } from '../../charts/kube/object-id.ts';
import { extraFileOf, sourceOf } from '../../charts/order/owners.ts';
import { type Diagnostic, diagnosticOfFile } from '../../model/diagnostics/diagnostic.ts';
import type { Environment } from '../../model/graph.ts';

/**
 * Largest object in bytes: the store of the API server takes 1.5 MiB (etcd, --max-request-bytes), with the fields that the API server
 * itself adds.
 */
const most = 1.5 * 2 ** 20 - 100_000;

/** No object may be too large for the store of the API server. A dry run does not find it, because it stores nothing. */
export function tooLarge(env: Environment, rendered: readonly Component[]): Diagnostic[] {
  return rendered.flatMap(({ name, objects }) =>
    objects.flatMap((object) => {
      const size = Buffer.byteLength(JSON.stringify(object));
      if (size <= most) return [];
      return diagnosticOfFile(extraFileOf(env, name, objectId(object)) ?? sourceOf(env, name), {
        code: 'object-too-large',
        what: `in ${env.name}, ${objectId(object)} has ${size} bytes`,
        why: `the store of the API server has room for ${most} in one object`,
        fix: 'put long arguments, variables and texts into files of the image',
      });
    }),
  );
}
