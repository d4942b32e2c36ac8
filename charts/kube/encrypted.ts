import { field } from './field.ts';

/** Whether SOPS has encrypted an object: all that is secret of a Secret, and nothing beside it in plain text. */
export function isEncrypted(object: unknown): boolean {
  return (
    field(object, 'sops') !== undefined && secretValues(object).every(([, value]) => isCipherText(value))
  );
}

/** What a Secret holds, by its keys. */
export function secretValues(object: unknown): [key: string, value: unknown][] {
  return ['data', 'stringData'].flatMap((part) => Object.entries(Object(field(object, part) ?? {})));
}

function isCipherText(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('ENC[AES256_GCM,data:');
}
