import { openApi } from '../../kit/open-api.ts';
import { personHeader } from '../../kit/person.ts';
import { pathParameters } from './contract.ts';
import { routes } from './routes.ts';

/** The OpenAPI document of `orders`. */
export function ordersDocument(): object {
  return openApi({
    title: 'orders',
    description:
      'Orders of the organisation for which a person acts, or of the person. The proxy of the sign-in adds the token of the person to each request of a browser.',
    routes,
    parameters: pathParameters,
    security: { person: { type: 'apiKey', in: 'header', name: personHeader } },
  });
}
