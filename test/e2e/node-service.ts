/** Address at which a program of a test listens. */
interface Place {
  namespace: string;
  /** Of the Service. */
  name: string;
  port: number;
  /** Of the node in whose container it runs. */
  address: string;
}

/** Manifests of a namespace and a Service by which pods find a program that runs in a node's container. */
export function nodeService({ namespace, name, port, address }: Place): string {
  const metadata = { name, namespace };
  const named = { name: 'https', port };
  const objects = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [named] } },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [address] }],
      ports: [named],
    },
  ];
  return objects.map((object) => JSON.stringify(object)).join('\n');
}

/** A shell line that prints the IPv4 address of the node in whose container it runs. */
export const printAddress = "hostname -i | tr ' ' '\\n' | grep -m1 -v :";
