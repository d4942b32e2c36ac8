import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'sign-in',
  summary:
    'Stands before the apps that only people who are signed in may reach, and shows the pages of accounts.',
  namespace: 'sign-in',
  images: ['node'],
  onlyWith: 'sign-in',
  server: 'mutual',
  // Its replicas ask each other for their keys; Kratos asks for no certificate, and is known by its own.
  calls: ['sign-in', 'kratos'],
  metrics: [{ workload: 'sign-in', port: 8081 }],
});
