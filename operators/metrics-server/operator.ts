import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'metrics-server',
  summary: 'Tells the current use of CPU and memory.',
  namespace: 'kube-system',
  images: ['metrics-server'],
  exceptions: [
    {
      rule: 'open-egress',
      reason: "It asks the kubelets, which listen on the nodes' own addresses.",
    },
  ],
});
