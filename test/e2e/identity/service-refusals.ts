import { describe, expect, it } from 'vitest';
import type { World } from './world.ts';

/** Calls of the ledger from a pod that its network policy lets through. */
export function serviceRefusals(world: World): void {
  describe('the service', () => {
    const call = (options: string) =>
      world.probe.sh(
        'reader',
        // The request waits: written to a server that has hung up, it would be answered by a reset, and its reason be lost.
        `{ sleep 1; printf 'GET / HTTP/1.1\\r\\nHost: ledger\\r\\nConnection: close\\r\\n\\r\\n'; } | timeout 10 openssl s_client -quiet \\
          -connect ledger.ledger.svc.cluster.local:8443 -verify_return_error ${options}`,
      );
    const as = (folder: string) => `-cert ${folder}/tls.crt -key ${folder}/tls.key`;
    const trust = '-CAfile /as/ledger-client/roots.pem';

    it('answers a caller by name', async () => {
      expect((await call(`${trust} ${as('/as/ledger-client')}`)).text).toMatch(/200 OK[\s\S]*reader/);
    });

    it.each<[string, string, RegExp]>([
      ['who shows no certificate', trust, /certificate required|alert/],
      [
        "who shows another service's",
        `${trust} ${as('/as/ledger-db-ro')}`,
        /unknown ca|alert|unexpected eof/,
      ],
      [
        'who trusts another authority',
        `-CAfile /as/ledger-db-ro/roots.pem ${as('/as/ledger-client')}`,
        /verify error/,
      ],
    ])('refuses one %s', async (_, options, reason) => {
      const { text } = await call(options);
      expect(text).toMatch(reason);
      expect(text).not.toContain('200 OK');
    });
  });
}
