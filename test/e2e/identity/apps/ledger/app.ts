export default {
  name: 'ledger',
  summary: 'Owns a database, and answers to those alone who may call it.',
  image: { build: '.' },
  ports: { http: { port: 8080 }, grpc: { port: 8443, tls: 'mutual' } },
  probes: { ready: { path: '/readyz', port: 'http', period: 2 } },
  resources: { cpu: '10m', memory: '96Mi' },
  database: { storage: '1Gi' },
  uses: [{ kind: 'database', of: 'ledger', as: 'read-write' }],
  identity: { reload: 'files' },
};
