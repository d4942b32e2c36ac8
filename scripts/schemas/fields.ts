import { z } from 'zod';

/** A field of a description, such as `probes.ready.period`. */
export interface Field {
  /** Its keys; `NAME` is a key that the user chooses, `[]` an entry of a list. */
  path: string[];
  /** Value of `kind` where the field belongs to one kind. */
  variant: string | undefined;
  type: string;
  required: boolean;
  /** As JSON; undefined where it has none. */
  default: string | undefined;
  /** Description in the schema; empty where it has none. */
  description: string;
}

const jsonSchema = z.looseObject({
  type: z.string().optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  additionalProperties: z.unknown().optional(),
  items: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  default: z.unknown().optional(),
  description: z.string().optional(),
});

type Node = z.infer<typeof jsonSchema>;

/** Every field of a schema, in the order of the schema. */
export function fieldsOf(schema: z.ZodType): Field[] {
  return below(node(z.toJSONSchema(schema, { io: 'input', target: 'draft-7' })), [], undefined);
}

function node(value: unknown): Node {
  return jsonSchema.parse(value);
}

function below(schema: Node, path: string[], variant: string | undefined): Field[] {
  const options = alternatives(schema);
  if (options.length > 0) {
    return options.flatMap((option) => below(option, path, kindOf(option) ?? variant));
  }
  const { properties = {}, required = [], additionalProperties, items } = schema;
  const own = Object.entries(properties).flatMap(([key, value]) => {
    const child = node(value);
    const at = [...path, key];
    return [field(child, at, variant, required.includes(key)), ...below(child, at, variant)];
  });
  const entries =
    typeof additionalProperties === 'object'
      ? below(node(additionalProperties), [...path, 'NAME'], variant)
      : [];
  const members = typeof items === 'object' ? below(node(items), [...path, '[]'], variant) : [];
  return [...own, ...entries, ...members];
}

function field(schema: Node, path: string[], variant: string | undefined, required: boolean): Field {
  return {
    path,
    variant: path.at(-1) === 'kind' ? kindValue(schema) : variant,
    type: typeText(schema),
    required,
    default: schema.default === undefined ? undefined : JSON.stringify(schema.default),
    description: schema.description ?? '',
  };
}

function alternatives({ anyOf, oneOf }: Node): Node[] {
  return [...(anyOf ?? []), ...(oneOf ?? [])].map(node);
}

function kindOf({ properties }: Node): string | undefined {
  return properties?.kind === undefined ? undefined : kindValue(node(properties.kind));
}

function kindValue(schema: Node): string | undefined {
  return typeof schema.const === 'string' ? schema.const : undefined;
}

/** The type in a few words, such as `'http' | 'tls'`, `1 to 65535`, `list of text`. */
export function typeText(schema: Node): string {
  const options = alternatives(schema);
  if (options.length > 0) return [...new Set(options.map(typeText))].join(' or ');
  if (schema.const !== undefined) return literal(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(literal).join(' or ');
  switch (schema.type) {
    case 'string':
      return 'text';
    case 'integer':
    case 'number':
      return numberText(schema);
    case 'array':
      return `list of ${schema.items === undefined ? 'values' : typeText(node(schema.items))}`;
    case 'object':
      return typeof schema.additionalProperties === 'object'
        ? `map of ${typeText(node(schema.additionalProperties))}`
        : 'object';
    case 'null':
      return 'nothing';
    case undefined:
      return 'text';
    default:
      return schema.type;
  }
}

function numberText({ type, minimum, maximum }: Node): string {
  const kind = type === 'integer' ? 'whole number' : 'number';
  if (minimum === undefined) return kind;
  // zod writes the largest safe integer where there is no maximum.
  return maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER
    ? `${kind} from ${minimum}`
    : `${kind} from ${minimum} to ${maximum}`;
}

function literal(value: unknown): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}
