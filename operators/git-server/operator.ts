import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'git-server',
  summary: 'Holds the Git repository that Flux reads, if it is not outside of the cluster.',
  namespace: 'git-server',
  images: ['git-server'],
  provides: { gitRepository: 'http://git-server.git-server.svc.cluster.local/platform.git' },
  volumeSize: ['source', 'storage'],
});
