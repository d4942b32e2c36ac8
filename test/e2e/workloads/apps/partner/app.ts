export default {
  name: 'partner',
  summary: 'Calls a service outside with a secret.',
  image: { build: '.' },
  user: 1000,
  ports: { http: { port: 8080 } },
  probes: { ready: { tcp: 'http', period: 2 } },
  resources: { cpu: '10m', memory: '96Mi' },
  uses: [
    { kind: 'secret', name: 'pay', keys: ['PAY_KEY'] },
    { kind: 'internet', hosts: ['api.example.org'] },
  ],
};
