import { defineOperator } from '../model/operator.ts';

export default defineOperator({
  name: 'flux',
  summary: 'Applies what is in Git, waits for it, removes what has gone.',
  namespace: 'flux-system',
  images: ['source-controller', 'kustomize-controller', 'helm-controller'],
});
