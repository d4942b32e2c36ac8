export default {
  name: 'reader',
  summary: 'Reads the database of another app and calls it.',
  image: { build: '.' },
  ports: { http: { port: 8080 } },
  probes: { ready: { path: '/readyz', port: 'http', period: 2 } },
  resources: { cpu: '10m', memory: '96Mi' },
  uses: [
    { kind: 'database', of: 'ledger', as: 'read-only' },
    { kind: 'app', app: 'ledger', port: 'grpc' },
  ],
  identity: { reload: 'files' },
};
