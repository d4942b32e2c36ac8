import { defineOperator } from '../model/operator.ts';

export default defineOperator({
  name: 'registry',
  summary: "Holds the team's own images.",
  namespace: 'registry',
  images: ['registry'],
});
