import { field, listField, textField } from '../../charts/kube/field.ts';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import type { FieldPath } from '../../model/reading/source.ts';

/** An API server's refusal of an object. */
export interface ServerRefusal {
  /** Its message, in one line. */
  message: string;
  /** The refused fields, each with its fault; empty if the whole object is refused. */
  causes: { field: string; message: string }[];
}

/** Fields that only the message has, not `details.causes`: from the strict decoder and from server-side apply. */
const inMessage = [
  /unknown field "([^"]+)"/g,
  /(?:^|[\s(])(\.[^\s:]+(?:\[[^\]]*\][^\s:]*)*): (?:field not declared in schema|expected [^,;]+)/g,
];

/** Parses the body of a response, a Kubernetes Status (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/). */
export function refusalOf(message: string, body: unknown): ServerRefusal {
  const status: unknown = typeof body === 'string' ? tryJson(body) : body;
  const causes = listField(status, 'details', 'causes').flatMap((cause) => {
    const [at, what] = [textField(cause, 'field'), textField(cause, 'message')];
    return at === undefined || at === '' || what === undefined ? [] : [{ field: at, message: what }];
  });
  if (causes.length > 0) return { message, causes };
  const named = inMessage.flatMap((pattern) =>
    [...message.matchAll(pattern)].map(([what, at = '']) => ({ field: at, message: what.trim() })),
  );
  return { message, causes: named };
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Parses a field in the API server's notation: `spec.containers[0].name`, `.spec.containers[name="web"].image`,
 * `metadata.labels[a.b/c]`. A list item that is named by its keys is looked up in the object.
 */
export function pathOfField(text: string, object: KubeObject): FieldPath {
  const path: (string | number)[] = [];
  for (const [, inBrackets, word] of text.matchAll(/\[([^\]]*)\]|([^.[\]]+)/g)) {
    if (inBrackets === undefined) path.push(word ?? '');
    else if (/^\d+$/.test(inBrackets)) path.push(Number(inBrackets));
    else if (/^\w+=/.test(inBrackets)) path.push(itemOf(field(object, ...path), inBrackets));
    else path.push(inBrackets.replaceAll(/^"|"$/g, ''));
  }
  return path;
}

/** The index of the item with these keys: `name="web"`, `containerPort=80,protocol="TCP"`. */
function itemOf(list: unknown, keys: string): number {
  const wanted = [...keys.matchAll(/(\w+)=(?:"([^"]*)"|([^,]*))/g)];
  const items = Array.isArray(list) ? list : [];
  const found = items.findIndex((item) =>
    wanted.every(([, key = '', text, plain]) => {
      const value = field(item, key);
      // A key with a default is often omitted.
      return value === undefined || String(value) === (text ?? plain);
    }),
  );
  return Math.max(0, found);
}
