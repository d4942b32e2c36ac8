import { describe, expect, it } from 'vitest';
import { field, listField } from '../../../charts/kube/field.ts';
import { knownCertificateFields } from '../../../operators/admission/chart.ts';
import type { World } from './world.ts';

/** Certificates that somebody asks for who may make Certificates anywhere. */
export function policyRefusals(world: World): void {
  describe('the policy on certificates', () => {
    const certificate = (name: string, spec: object, kind = 'Certificate') =>
      JSON.stringify({
        apiVersion: 'cert-manager.io/v1',
        kind,
        metadata: { name, namespace: 'reader' },
        spec,
      });
    const issuerRef = { group: 'cert-manager.io', kind: 'ClusterIssuer', name: 'ledger-db-ca-1' };
    const apply = ['apply', '--dry-run=server', '-f', '-'];

    it('lets nobody have one that no edge gives', async () => {
      const spec = { secretName: 'mine', commonName: 'ledger_rw', usages: ['client auth'], issuerRef };
      expect(await world.probe.refused(apply, certificate('mine', spec))).toContain(
        'no edge of the graph gives reader.mine a certificate',
      );
    });

    it('lets nobody change what an edge gives', async () => {
      const args = [
        'patch',
        'certificate',
        'ledger-db-ro',
        '-n',
        'reader',
        '--type=merge',
        '--dry-run=server',
        '-p',
      ];
      expect(await world.probe.refused([...args, '{"spec":{"commonName":"ledger_rw"}}'])).toContain(
        'it gives issuer=',
      );
      expect(await world.probe.refused([...args, '{"spec":{"uris":["spiffe://a/b"]}}'])).toContain(
        'no other names',
      );
    });

    it.each<[string, object, string]>([
      ['for longer', { duration: '87600h0m0s' }, 'duration='],
      ['with another key', { privateKey: { algorithm: 'RSA', size: 2048 } }, 'key=ECDSA'],
      ['into a keystore', { keystores: { pkcs12: { create: true } } }, 'no keystores'],
      ['with annotations for others', { secretTemplate: { annotations: { a: 'b' } } }, 'no annotations'],
    ])('lets nobody have one %s', async (_, spec, reason) => {
      const args = [
        'patch',
        'certificate',
        'ledger-db-ro',
        '-n',
        'reader',
        '--type=merge',
        '--dry-run=server',
      ];
      expect(await world.probe.refused([...args, '-p', JSON.stringify({ spec })])).toContain(reason);
    });

    it('knows every field of a Certificate: a new one needs a rule', async () => {
      const definition = await world.probe.json(['get', 'crd', 'certificates.cert-manager.io']);
      const [version] = listField(definition, 'spec', 'versions');
      const fields = field(version, 'schema', 'openAPIV3Schema', 'properties', 'spec', 'properties');
      expect(Object.keys(Object(fields)).sort()).toEqual([...knownCertificateFields].sort());
    });

    it('lets nobody but cert-manager ask a ClusterIssuer', async () => {
      const spec = { request: Buffer.from('x').toString('base64'), issuerRef };
      expect(await world.probe.refused(apply, certificate('mine', spec, 'CertificateRequest'))).toContain(
        'only cert-manager may use a ClusterIssuer',
      );
    });
  });
}
