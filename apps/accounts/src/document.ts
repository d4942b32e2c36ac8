import { openApi } from '../../kit/open-api.ts';
import { personHeader } from '../../kit/person.ts';
import { pathParameters } from './contract.ts';
import { routes } from './routes.ts';

/** The OpenAPI document of `accounts`. */
export function accountsDocument(): object {
  return openApi({
    title: 'accounts',
    description:
      'Organisations, members, roles, API keys and audit log. The proxy of the sign-in adds the token of a person to each request of a browser; machines send an API key.',
    routes,
    parameters: pathParameters,
    security: {
      person: { type: 'apiKey', in: 'header', name: personHeader },
      key: { type: 'http', scheme: 'bearer' },
    },
  });
}
