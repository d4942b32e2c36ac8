import { defineApp } from '../../model/app.ts';

// CoreDNS: DNS over gRPC. The gateway has a GRPCRoute for it.
export default defineApp({
  name: 'names',
  summary: 'Answers questions of DNS, by gRPC.',
  image: {
    ref: 'registry.k8s.io/coredns/coredns:v1.14.2@sha256:e7e6440cfd1e919280958f5b5a6ab2b184d385bba774c12ad2a9e1e4183f90d9',
  },
  args: ['-conf', '/etc/coredns/Corefile'],
  user: 65532,
  capabilities: ['NET_BIND_SERVICE'],
  ports: { grpc: { port: 9053 }, ready: { port: 8181 } },
  files: { '/etc/coredns/Corefile': 'files/Corefile' },
  probes: { ready: { path: '/ready', port: 'ready' } },
  resources: { cpu: '10m', memory: '64Mi' },
  exposes: { port: 'grpc', protocol: 'grpc' },
  exceptions: [
    { rule: 'capabilities', reason: 'The file of the program carries it, and does not start without.' },
  ],
});
