export default {
  name: 'gated',
  summary: 'Starts a new version only once its job has succeeded.',
  image: { build: '.' },
  user: 1000,
  ports: { http: { port: 8080 } },
  env: { VERSION: '1', CHECK: 'passes' },
  probes: { ready: { path: '/', port: 'http', period: 2 } },
  resources: { cpu: '10m', memory: '64Mi' },
  job: {
    command: ['node', '-e', "process.exit(process.env.CHECK === 'passes' ? 0 : 1)"],
    resources: { cpu: '10m', memory: '64Mi' },
  },
};
