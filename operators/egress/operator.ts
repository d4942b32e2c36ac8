import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'egress',
  summary: 'Lets each app call only the hosts that it names.',
  namespace: 'egress',
  images: ['node'],
});
