import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'egress',
  summary: 'Lets each app out to the hosts that it names, and to no others.',
  namespace: 'egress',
  images: ['node'],
});
