import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'traefik-middleware',
  summary: "Defines Traefik's kind Middleware, and refuses what apps do not say of it.",
  namespace: 'gateway',
  onlyWith: 'middleware',
  crds: ['traefik-crds'],
  // Traefik waits for the other kinds too; no object of them is admitted.
  provides: { kinds: ['Middleware.traefik.io'] },
});
