import { status } from '@grpc/grpc-js';
import { Refusal } from '../../../kit/refusal.ts';
import { type Handlers, noteChange } from '../context.ts';
import { destroyKey, fetchKeyBySecret, fetchKeys, insertKey, modifyKeyUsed } from '../repository/keys.ts';
import { hashOf, newSecret } from '../secret.ts';
import { changed, personOf, refuseBeyond } from './caller.ts';
import { heldNow } from './members.ts';

const dayMs = 86_400_000;
const usualDays = 90;
const mostDays = 366;

export const keyHandlers: Handlers<'createApiKey' | 'listApiKeys' | 'revokeApiKey' | 'verifyApiKey'> = {
  createApiKey: async (context, { organisation: id, name, scopes, expiresAt }) => {
    const { id: createdBy } = personOf(context);
    const ends = endOf(expiresAt);
    const { text, hash, prefix } = newSecret('plinth_key');
    return context.database.transaction('create key', async (queries) => {
      const organisation = await changed(queries, id);
      refuseBeyond(await heldNow(context, queries, id), scopes);
      const given = { organisation: id, name, scopes, prefix, createdBy, hash, expiresAt: ends };
      const key = await insertKey(queries, given);
      await noteChange(context, queries, organisation, {
        ...{ action: 'key.create', subject: `key:${key.id}`, before: null },
        after: { name, scopes, expiresAt: key.expiresAt },
      });
      return { key, secret: text };
    });
  },

  listApiKeys: async ({ database }, { organisation }) => ({ keys: await fetchKeys(database, organisation) }),

  revokeApiKey: (context, { organisation: id, key }) =>
    context.database.transaction('revoke key', async (queries) => {
      const organisation = await changed(queries, id);
      const before = await destroyKey(queries, id, key);
      if (before === undefined) throw new Refusal(status.NOT_FOUND, `no API key ${key}`);
      await noteChange(context, queries, organisation, {
        ...{ action: 'key.revoke', subject: `key:${key}`, after: null },
        before: { name: before.name, scopes: before.scopes },
      });
      return {};
    }),

  verifyApiKey: async ({ database }, { secret }) => {
    const key = await fetchKeyBySecret(database, hashOf(secret));
    if (key === undefined)
      throw new Refusal(status.NOT_FOUND, 'no such API key: it was revoked, has ended or never was');
    await modifyKeyUsed(database, key.id);
    return { key };
  },
};

function endOf(expiresAt: string | undefined): Date {
  const ends = expiresAt === undefined ? Date.now() + usualDays * dayMs : Date.parse(expiresAt);
  if (ends > Date.now() && ends <= Date.now() + mostDays * dayMs) return new Date(ends);
  throw new Refusal(status.INVALID_ARGUMENT, `expiresAt: after now, and within ${mostDays} days`);
}
