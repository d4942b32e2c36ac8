import { field } from './field.ts';

/** Whether SOPS has encrypted an object: all values of a Secret, and no value in plain text beside them. */
export function isEncrypted(object: unknown): boolean {
  return (
    field(object, 'sops') !== undefined && secretValues(object).every(([, value]) => isCipherText(value))
  );
}

/** The values of a Secret, by key. */
export function secretValues(object: unknown): [key: string, value: unknown][] {
  return ['data', 'stringData'].flatMap((part) => Object.entries(Object(field(object, part) ?? {})));
}

function isCipherText(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('ENC[AES256_GCM,data:');
}
