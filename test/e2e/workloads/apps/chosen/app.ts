export default {
  name: 'chosen',
  summary: 'Runs on the node with the fast disk, which is kept free for it.',
  image: { build: '.', buildArgs: { WORD: 'plinth' } },
  user: 1000,
  nodes: { labels: { disk: 'ssd' }, tolerate: ['card'] },
  resources: { cpu: '10m', memory: '64Mi' },
};
