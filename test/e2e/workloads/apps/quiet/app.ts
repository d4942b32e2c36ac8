export default {
  name: 'quiet',
  summary: 'A worker that nobody calls.',
  image: { build: '.' },
  user: 1000,
  env: { PAUSE: '1000' },
  resources: { cpu: '10m', memory: '64Mi' },
  priority: -10,
};
