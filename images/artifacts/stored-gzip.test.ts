import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { storedGzip } from './stored-gzip.ts';

it('unpacks to its input, of any length', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: 3 }), (bytes, blocks) => {
      const content = Buffer.concat([Buffer.alloc(blocks * 0xffff, 7), Buffer.from(bytes)]);
      expect(gunzipSync(storedGzip(content)).equals(content)).toBe(true);
    }),
  );
});

it('gives the same bytes on every machine', () => {
  expect(storedGzip(Buffer.from('a\n')).toString('hex')).toBe(
    '1f8b08000000000000ff010200fdff610a' + '07a1eadd' + '02000000',
  );
});
