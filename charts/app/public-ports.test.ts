import { describe, expect, it } from 'vitest';
import { find } from '../../test/charts/find.ts';
import { container, rendered } from '../../test/charts/rendered-app.ts';
import { field } from '../kube/field.ts';

const lowPort = { rule: 'low-port', reason: 'Resolvers ask this port alone.' } as const;

describe('a public port of an app', () => {
  const ports = {
    http: { port: 8080 },
    mqtt: { port: 1884, public: 1883 },
    dns: { port: 53, protocol: 'udp', public: 5353 },
  } as const;

  it('is opened on every node to anybody, unlike the other ports of the app', () => {
    const { component, rules } = rendered({ ports, exceptions: [lowPort] });
    const open = find(component, 'Service', 'shop-public');
    expect(field(open, 'spec')).toMatchObject({
      type: 'NodePort',
      ports: [
        { name: 'mqtt', port: 1884, nodePort: 31883, protocol: 'TCP' },
        { name: 'dns', port: 53, nodePort: 32585, protocol: 'UDP' },
      ],
    });
    expect(field(find(component, 'Service', 'shop'), 'spec', 'type')).toBe('ClusterIP');
    const policy = find(component, 'NetworkPolicy', 'shop');
    expect(field(policy, 'spec', 'ingress')).toEqual([
      {
        ports: [
          { port: 1884, protocol: 'TCP' },
          { port: 53, protocol: 'UDP' },
        ],
      },
    ]);
    expect(rules).toEqual([]);
    const deployment = find(component, 'Deployment', 'shop');
    expect(field(deployment, ...container, 'ports')).toContainEqual({
      name: 'dns',
      containerPort: 53,
      protocol: 'UDP',
    });
  });

  it('is in the annotation that npm run status reads, on machines with the port number of the nodes', () => {
    const addresses = (provider: object) =>
      field(
        find(rendered({ ports }, [], { provider }).component, 'Deployment', 'shop'),
        'metadata',
        'annotations',
        'plinth.io/addresses',
      );
    expect(addresses({ kind: 'kind' })).toBe(
      'tcp://shop.test.localhost:1883, udp://shop.test.localhost:5353',
    );
    expect(addresses({ kind: 'machines' })).toBe(
      'tcp://shop.test.localhost:31883, udp://shop.test.localhost:32585',
    );
  });
});
