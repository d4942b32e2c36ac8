export default {
  name: 'members',
  summary: 'Two pods, each with a name and a volume of its own.',
  image: { build: '.' },
  user: 1000,
  replicas: 2,
  ports: { http: { port: 8080 } },
  volumes: { data: { path: '/data', size: '64Mi', per: 'replica' } },
  probes: { ready: { path: '/', port: 'http', period: 2 } },
  resources: { cpu: '10m', memory: '64Mi' },
};
