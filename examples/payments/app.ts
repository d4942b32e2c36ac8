import { defineApp } from '../../model/app.ts';

// A key of Stripe, encrypted in Git, and the one host that the app may call.
export default defineApp({
  name: 'payments',
  summary: 'Takes payments by Stripe.',
  image: { build: '.' },
  ports: { http: { port: 8080 } },
  probes: { ready: { path: '/', port: 'http' } },
  resources: { cpu: '10m', memory: '64Mi' },
  uses: [
    { kind: 'secret', name: 'stripe', keys: ['STRIPE_KEY'] },
    { kind: 'internet', hosts: ['api.stripe.com'] },
  ],
});
