export default {
  name: 'busy',
  summary: 'Gets more pods while it has much to do.',
  image: { build: '.' },
  user: 1000,
  replicas: { min: 1, max: 2, cpu: 50 },
  ports: { http: { port: 8080 } },
  probes: { ready: { tcp: 'http', period: 2 } },
  resources: { cpu: '20m', memory: '64Mi' },
};
