export default {
  name: 'club',
  summary: 'Pages for members: each is told who he is.',
  image: { build: '.' },
  user: 1000,
  ports: { http: { port: 8080 } },
  probes: { ready: { tcp: 'http', period: 2 } },
  resources: { cpu: '10m', memory: '64Mi' },
  exposes: { port: 'http', signIn: true },
};
