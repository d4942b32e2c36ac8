/**
 * Data of a person (Kratos, 'Identity schema'): an e-mail address, which identifies the person, and a name.
 * Returns a JSON Schema of draft 7, as Kratos requires.
 */
export function personSchema(): object {
  return {
    $id: 'https://plinth.local/person.schema.json',
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Person',
    type: 'object',
    properties: {
      traits: {
        type: 'object',
        properties: {
          email: {
            type: 'string',
            format: 'email',
            title: 'E-mail',
            minLength: 3,
            // RFC 5321, section 4.5.3.1.3: a path has at most 256 octets, with its brackets.
            maxLength: 254,
            'ory.sh/kratos': {
              credentials: {
                password: { identifier: true },
                code: { identifier: true, via: 'email' },
                passkey: { display_name: true },
                totp: { account_name: true },
              },
              verification: { via: 'email' },
              recovery: { via: 'email' },
            },
          },
          name: { type: 'string', title: 'Name', minLength: 1, maxLength: 200 },
        },
        required: ['email'],
        additionalProperties: false,
      },
    },
  };
}
