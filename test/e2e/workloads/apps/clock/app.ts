export default {
  name: 'clock',
  summary: 'Says the time once a minute.',
  image: { build: '.' },
  user: 1000,
  schedule: { cron: '* * * * *', deadline: '1m' },
  resources: { cpu: '10m', memory: '64Mi' },
};
