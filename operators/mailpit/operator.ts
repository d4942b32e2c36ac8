import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'mailpit',
  summary: 'Shows mails of a development environment and sends none.',
  namespace: 'mailpit',
  images: ['mailpit'],
  onlyWith: 'mailpit',
});
