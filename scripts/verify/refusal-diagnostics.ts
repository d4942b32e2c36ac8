import { objectId } from '../../charts/kube/object-id.ts';
import { compareDiagnostics, type Diagnostic } from '../../model/diagnostics/diagnostic.ts';
import { placeInFile } from '../../model/reading/place-in-file.ts';
import { fieldName } from '../../model/reading/source.ts';
import { type FieldOfFile, placeOfRefusal } from './place-of-refusal.ts';
import { pathOfField } from './refusal.ts';
import type { RefusedObject } from './show-environment.ts';

/** A fault of one object in one environment, at the field of the description that caused it. */
interface Cause extends FieldOfFile {
  env: string;
  object: string;
  /** The API server's message. */
  said: string;
  version: string;
  isTemplated: boolean;
}

/** Refusals of an API server as diagnostics of the descriptions; the same diagnostic in several environments is reported once. */
export function diagnosticsOfRefusals(root: string, refused: readonly RefusedObject[]): Diagnostic[] {
  const causes = refused.flatMap(causesOf);
  const same = Map.groupBy(causes, ({ env: _, ...cause }) => JSON.stringify(cause));
  const diagnostics = [...same.values()].flatMap((group): Diagnostic[] => {
    const [first] = group;
    if (first === undefined) return [];
    const { file, path, part, object, said, version } = first;
    return [
      {
        code: 'refused-by-server',
        file,
        ...placeInFile(root, file, path, part),
        what: `in ${group.map(({ env }) => env).join(', ')}, ${object}: ${said}`,
        why: `the API server of Kubernetes ${version} refuses it, so Flux could not apply it`,
        fix: fixOf(first),
      },
    ];
  });
  return diagnostics.sort(compareDiagnostics);
}

function causesOf({ env, component, file, object, refusal }: RefusedObject): Cause[] {
  const isTemplated = file === undefined;
  const same = {
    ...{ env: env.name, object: objectId(object), version: env.cluster.kubernetes.version, isTemplated },
  };
  const whole = { field: '', message: refusal.message };
  return (refusal.causes.length > 0 ? refusal.causes : [whole]).map(({ field, message }) => {
    const place = placeOfRefusal(env, component, object, pathOfField(field, object));
    const said = field === '' || message.includes(field) ? message : `${field}: ${message}`;
    return { ...same, ...place, ...(isTemplated ? { path: ['chart', 'values'] } : {}), said };
  });
}

function fixOf({ file, path, isTemplated }: Cause): string {
  if (isTemplated) return "change the chart's values or version, then type npm run verify";
  if (path.length === 1 && path[0] === 'name')
    return `its source is in ${file} or in the chart beside it; then: npm run verify`;
  return `correct ${fieldName(path)}; then: npm run verify`;
}
