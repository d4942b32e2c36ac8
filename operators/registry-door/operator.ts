import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'registry-door',
  summary: 'Opens the registry to nodes by their certificates and to people by logins, and cleans it up.',
  namespace: 'registry',
  images: ['registry-door', 'registry'],
  onlyWith: 'registry-tls',
});
