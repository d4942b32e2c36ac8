export default {
  name: 'notes',
  summary: 'Keeps what it is told on a volume.',
  image: { build: '.' },
  user: 1000,
  ports: { http: { port: 8080 } },
  volumes: { data: { path: '/data', size: '64Mi' } },
  probes: { startup: { path: '/', port: 'http' }, ready: { path: '/', port: 'http', period: 2 } },
  resources: { cpu: '10m', memory: '64Mi' },
};
