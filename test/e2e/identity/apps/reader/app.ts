export default {
  name: 'reader',
  summary: 'Calls another app, whose database the story lets it read too.',
  image: { build: '.' },
  ports: { http: { port: 8080 } },
  probes: { ready: { path: '/readyz', port: 'http', period: 2 } },
  resources: { cpu: '10m', memory: '96Mi' },
  uses: [{ kind: 'app', app: 'ledger', port: 'grpc' }],
  identity: { reload: 'files' },
};
