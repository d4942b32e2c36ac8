import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'kratos',
  summary: 'Accounts of people: sign-in, second factors, sessions, and the mails for them.',
  namespace: 'kratos',
  images: ['kratos', 'node'],
  onlyWith: 'sign-in',
  server: 'tls',
  exceptions: [
    {
      rule: 'open-egress',
      only: 'signIn.mail.host',
      reason: 'The addresses of mail servers change, and no render knows them.',
    },
    {
      rule: 'open-egress',
      only: 'signIn.secret',
      reason: 'The addresses of OpenID Connect providers change, and no render knows them.',
    },
    {
      rule: 'open-egress',
      only: 'signIn.methods.password.breachCheck',
      reason: 'The addresses of api.pwnedpasswords.com change, and no render knows them.',
    },
  ],
  // The servers' metrics are only at the admin API, which gives full access to every account.
  metrics: [{ workload: 'kratos-courier', port: 4434, path: '/metrics/prometheus' }],
});
