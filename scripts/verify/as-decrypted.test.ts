import { expect, it } from 'vitest';
import { asDecrypted } from './as-decrypted.ts';

const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'registry' } };

it('gives an encrypted Secret values that the API server accepts, and no metadata of SOPS', () => {
  const sops = { age: [], lastmodified: '2026-01-01T00:00:00Z' };
  const encrypted = { ...secret, data: { '.dockerconfigjson': 'ENC[AES256_GCM,data:b25l]' }, sops };
  const shown = asDecrypted(encrypted);
  expect(shown).toEqual({ ...secret, data: { '.dockerconfigjson': expect.any(String) } });
  const [value = ''] = Object.values((shown as { data?: Record<string, string> }).data ?? {});
  expect(JSON.parse(Buffer.from(value, 'base64').toString())).toEqual({ auths: {} });
});

it('leaves every other object unchanged', () => {
  const plain = { ...secret, data: { key: 'dmFsdWU=' } };
  expect(asDecrypted(plain)).toBe(plain);
});
