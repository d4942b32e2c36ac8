import { expect, it } from 'vitest';
import { ClusterProbe } from './identity/probe.ts';

const yaml = (object: object) => JSON.stringify(object);
const apply = ['apply', '--dry-run=server', '-f', '-'];

/**
 * What the API server refuses even an administrator: whoever gets so far as to be able to write an object of such a kind gets
 * no further by it. On a cluster whose front page answers at `host`.
 */
export function rightsRefusals(cluster: string, host: string): void {
  const route = (namespace: string, hostname: string) =>
    yaml({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'taken', namespace },
      spec: {
        parentRefs: [{ name: 'gateway', namespace: 'gateway' }],
        hostnames: [hostname],
        rules: [
          {
            matches: [{ path: { type: 'PathPrefix', value: '/api' } }],
            backendRefs: [{ name: 'x', port: 80 }],
          },
        ],
      },
    });

  it('lets no route in another namespace take over a path of the front page', async () => {
    const probe = await ClusterProbe.of(cluster);
    for (const namespace of ['default', 'orders']) {
      const refused = await probe.refused(apply, route(namespace, host));
      expect(refused).toContain(`no app of the graph gives ${namespace} these hosts: ${host}`);
    }
    expect(await probe.refused(apply, route('home', `other.${host}`))).toContain(`it has ${host}`);
    expect(await probe.kubectl(apply, route('home', host))).toContain('created (server dry run)');
  });

  it('lets nobody bring a Gateway or a namespace of his own to the gateway', async () => {
    const probe = await ClusterProbe.of(cluster);
    const gateway = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: 'mine', namespace: 'default' },
      spec: { gatewayClassName: 'traefik', listeners: [{ name: 'http', protocol: 'HTTP', port: 8000 }] },
    };
    expect(await probe.refused(apply, yaml(gateway))).toContain('the platform has one Gateway');
    const label = ['label', 'namespace', 'default', 'plinth.io/routes=gateway', '--dry-run=server'];
    expect(await probe.refused(label)).toContain('plinth.io/routes is theirs');
  });

  it('lets the gateway read no Secret where it serves nobody', async () => {
    const probe = await ClusterProbe.of(cluster);
    const may = async (namespace: string) => {
      const asked = ['auth', 'can-i', 'list', 'secrets', '--as=system:serviceaccount:gateway:traefik'];
      // It ends with 1 where the answer is no.
      return (await probe.kubectl([...asked, '-n', namespace]).catch(String)).trim();
    };
    expect(await may('home')).toBe('yes');
    for (const namespace of ['cert-manager', 'people', 'orders', 'flux-system']) {
      expect(await may(namespace), namespace).not.toBe('yes');
    }
  });

  it('gives no token of an account to whoever is no kubelet', async () => {
    const probe = await ClusterProbe.of(cluster);
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'token',
        namespace: 'flux-system',
        annotations: { 'kubernetes.io/service-account.name': 'kustomize-controller' },
      },
      type: 'kubernetes.io/service-account-token',
    };
    expect(await probe.refused(apply, yaml(secret))).toContain('would keep a service account token');
    for (const [namespace, account] of [
      ['flux-system', 'kustomize-controller'],
      ['kube-system', 'kube-router'],
      ['home', 'home'],
    ]) {
      const mint = ['create', 'token', account ?? '', '-n', namespace ?? ''];
      expect(await probe.refused(mint)).toContain('which only the kubelet may do');
    }
  });

  it('keeps CloudNativePG to the namespaces of databases', async () => {
    const probe = await ClusterProbe.of(cluster);
    const as = '--as=system:serviceaccount:cnpg-system:cloudnative-pg';
    const enters = ['exec', as, '-n', 'flux-system', 'deploy/kustomize-controller', '--', 'true'];
    expect(await probe.refused(enters)).toContain('labelled plinth.io/databases alone');
    const secret = ['create', 'secret', 'generic', 'mine', as, '--dry-run=server', '-n'];
    expect(await probe.refused([...secret, 'cert-manager'])).toContain('labelled plinth.io/databases alone');
    expect(await probe.kubectl([...secret, 'orders'])).toContain('created (server dry run)');
  });
}
