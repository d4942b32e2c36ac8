import { configureTextEncoding, getTextEncoding } from '@bufbuild/protobuf/wire';

/**
 * Refuses texts that are not UTF-8, as proto3 demands. The generated readers replace such bytes by U+FFFD: two idempotency
 * keys would become one, and one of two jobs would be lost. They have no other switch.
 */
export function refuseInvalidUtf8(): void {
  const usual = getTextEncoding();
  configureTextEncoding({ ...usual, decodeUtf8: (bytes) => usual.decodeUtf8(bytes, true) });
}
