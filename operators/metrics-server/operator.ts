import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'metrics-server',
  summary: 'Provides the current CPU and memory use.',
  namespace: 'kube-system',
  images: ['metrics-server'],
  exceptions: [
    {
      rule: 'open-egress',
      reason: 'It calls the kubelets, which listen on addresses of nodes.',
    },
  ],
});
