import type { Component, KubeObject } from '../../charts/kube/kube-object.ts';
import { kindOf, objectId } from '../../charts/kube/object-id.ts';
import { type Diagnostic, diagnosticOfFile } from '../../model/diagnostics/diagnostic.ts';
import type { Environment } from '../../model/graph.ts';

/** An object of `extra` must not be one that is derived, or one of another file: Flux would apply one of the two. */
export function extraTwice({ apps, operators }: Environment, rendered: readonly Component[]): Diagnostic[] {
  const written = [
    ...apps.map((app) => ({ folder: `apps/${app.name}`, ...app })),
    ...operators.map((operator) => ({ folder: `operators/${operator.name}`, ...operator })),
  ].flatMap(({ folder, extra, extraObjects }) =>
    extraObjects.map((object, i) => ({ object, file: `${folder}/${extra[i]}` })),
  );
  if (written.length === 0) return [];
  const all = Map.groupBy(
    rendered.flatMap(({ objects }) => objects),
    identity,
  );
  return written
    .filter(({ object }) => (all.get(identity(object))?.length ?? 0) > 1)
    .map(({ object, file }) =>
      diagnosticOfFile(file, {
        code: 'object-twice',
        what: `the ${objectId(object)} exists already`,
        why: 'it is derived from a description, or another file has it: Flux would apply one of the two',
        fix: 'write another name, or remove the file from extra',
      }),
    );
}

function identity(object: KubeObject): string {
  return `${kindOf(object)} ${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}
