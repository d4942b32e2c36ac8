export default {
  name: 'calls',
  summary: 'Speaks gRPC alone.',
  image: { build: '.' },
  user: 1000,
  ports: { grpc: { port: 9000 } },
  probes: { ready: { tcp: 'grpc', period: 2 } },
  resources: { cpu: '10m', memory: '64Mi' },
  exposes: { port: 'grpc', protocol: 'grpc' },
};
