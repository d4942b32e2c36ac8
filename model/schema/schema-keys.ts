import { z } from 'zod';
import type { FieldPath } from '../reading/source.ts';

/** The keys that a schema allows at a path; empty if it allows any, or if the path does not exist. */
export function knownKeys(schema: unknown, path: FieldPath, value: unknown): string[] {
  let schemas = open(schema, value);
  let at = value;
  for (const step of path) {
    at = child(at, step);
    schemas = schemas.flatMap((each) => open(childSchema(each, step), at));
  }
  const keys = schemas.flatMap((each) => (each instanceof z.ZodObject ? Object.keys(each.shape) : []));
  return [...new Set(keys)];
}

/** The schemas without wrappers such as optional and default, one per variant of a union. */
function open(schema: unknown, value: unknown): unknown[] {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  ) {
    return open(schema.unwrap(), value);
  }
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const key = schema.def.discriminator;
    const chosen = schema.options.filter((option: unknown) => {
      if (!(option instanceof z.ZodObject)) return false;
      const tag: unknown = option.shape[key];
      return tag instanceof z.ZodLiteral && tag.value === child(value, key);
    });
    return chosen.length > 0 ? chosen : [...schema.options];
  }
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option: unknown) => open(option, value));
  return [schema];
}

function childSchema(schema: unknown, step: string | number): unknown {
  if (schema instanceof z.ZodObject) return schema.shape[String(step)];
  if (schema instanceof z.ZodRecord) return schema.valueType;
  if (schema instanceof z.ZodArray) return schema.element;
  return undefined;
}

function child(value: unknown, step: string | number): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined;
}
