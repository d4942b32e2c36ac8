import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { suggest } from '../../model/diagnostics/nearest.ts';
import { field, listField, textField } from '../kube/field.ts';
import type { KubeObject } from '../kube/kube-object.ts';

/** A fault of one field of a custom resource. */
export interface FieldFault {
  what: string;
  fix: string;
}

/**
 * Validates custom resources against the schemas of their CustomResourceDefinitions. Unknown fields, which
 * the API server drops silently, are faults here. CEL rules are not evaluated.
 */
export class CustomResources {
  /** Map from `apiVersion Kind` to the schema of that version. */
  readonly #schemas = new Map<string, object>();
  readonly #validators = new Map<string, ValidateFunction>();
  readonly #ajv = new Ajv({
    strict: false,
    allErrors: true,
    verbose: true,
    validateFormats: false,
    unicodeRegExp: false,
  });

  constructor(definitions: Iterable<unknown>) {
    for (const definition of definitions) {
      if (textField(definition, 'kind') !== 'CustomResourceDefinition') continue;
      const [group, kind] = [
        textField(definition, 'spec', 'group'),
        textField(definition, 'spec', 'names', 'kind'),
      ];
      for (const version of listField(definition, 'spec', 'versions')) {
        const schema = field(version, 'schema', 'openAPIV3Schema');
        if (typeof schema !== 'object' || schema === null || field(version, 'served') === false) continue;
        this.#schemas.set(`${group}/${textField(version, 'name')} ${kind}`, schema);
      }
    }
  }

  /** The faults of an object; undefined if no definition has its kind. */
  faults(object: KubeObject): FieldFault[] | undefined {
    const validate = this.#validator(`${object.apiVersion} ${object.kind}`);
    if (validate === undefined) return undefined;
    if (validate(object)) return [];
    return (validate.errors ?? []).map(fault);
  }

  #validator(kind: string): ValidateFunction | undefined {
    const known = this.#validators.get(kind);
    const schema = this.#schemas.get(kind);
    if (known !== undefined || schema === undefined) return known;
    const validator = this.#ajv.compile(objectSchema(schema));
    this.#validators.set(kind, validator);
    return validator;
  }
}

/**
 * The schema as JSON Schema, with the three fields of every Kubernetes object, which its own schema leaves
 * open.
 */
function objectSchema(schema: object): object {
  const closed = close(schema);
  const properties = { ...Object(field(closed, 'properties')), apiVersion: {}, kind: {}, metadata: {} };
  return { ...closed, properties, additionalProperties: false };
}

/** The value validations of a structural schema that are checked, with the same meaning as in JSON Schema. */
const kept = [
  ...['type', 'nullable', 'required', 'enum', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  ...['multipleOf', 'minLength', 'maxLength', 'minItems', 'maxItems', 'uniqueItems', 'minProperties'],
  ...['maxProperties', 'allOf', 'anyOf', 'oneOf', 'not'],
];

/**
 * A structural schema as JSON Schema that refuses fields it does not name, which the API server would prune
 * (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning).
 */
function close(schema: unknown): object {
  const closed: Record<string, unknown> = {};
  for (const key of kept) {
    const value = field(schema, key);
    if (value !== undefined) closed[key] = value;
  }
  if (field(schema, 'x-kubernetes-int-or-string') === true) {
    closed.type = ['integer', 'string'];
    delete closed.anyOf;
  }
  const pattern = textField(schema, 'pattern');
  if (pattern !== undefined && isPattern(pattern)) closed.pattern = pattern;
  const items = field(schema, 'items');
  if (items !== undefined) closed.items = close(items);
  const named: unknown = field(schema, 'properties');
  const values = field(schema, 'additionalProperties');
  if (named !== undefined) {
    closed.properties = Object.fromEntries(
      Object.entries(Object(named)).map(([name, inner]) => [name, close(inner)]),
    );
  }
  if (typeof values === 'object' && values !== null) closed.additionalProperties = close(values);
  else if (field(schema, 'type') === 'object' && !isOpen(schema)) closed.additionalProperties = false;
  return closed;
}

function isOpen(schema: unknown): boolean {
  return (
    field(schema, 'x-kubernetes-preserve-unknown-fields') === true ||
    field(schema, 'x-kubernetes-embedded-resource') === true ||
    field(schema, 'additionalProperties') === true
  );
}

/** Patterns of Go that JavaScript cannot compile are left to the API server. */
function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern) instanceof RegExp;
  } catch {
    return false;
  }
}

function fault({ instancePath, keyword, params, message, parentSchema, schema }: ErrorObject): FieldFault {
  const path = instancePath.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
  if (keyword === 'additionalProperties') {
    const name = String(params.additionalProperty);
    const known = Object.keys(Object(field(parentSchema, 'properties') ?? {}));
    return {
      what: `${[path, name].filter(Boolean).join('.')} is an unknown field`,
      fix: suggest(name, known, `remove ${name}`),
    };
  }
  const values = Array.isArray(schema) && keyword === 'enum' ? `: ${schema.join(', ')}` : '';
  return {
    what: `${path || 'it'} ${message ?? keyword}${values}`,
    fix: 'correct the field as its CustomResourceDefinition requires',
  };
}
