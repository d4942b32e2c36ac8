import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import type { ApiKey } from '../../accounts-api.ts';
import { Confirm } from '../../components/confirm.tsx';
import { Entry } from '../../components/entry.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Moment } from '../../components/moment.tsx';
import { Offered } from '../../components/offered.tsx';
import { TextEntry } from '../../components/text-entry.tsx';
import { useApiKeys, useCreateApiKey, useRevokeApiKey } from '../../controllers/keys.ts';
import { useMay } from '../../controllers/session.ts';
import { keyInput } from '../../inputs.ts';

export function KeysPage({ organisation }: { organisation: string }) {
  const keys = useApiKeys(organisation);
  const create = useCreateApiKey(organisation);
  const may = useMay(organisation);
  return (
    <>
      <h2>API keys</h2>
      <Loaded query={keys}>
        {(all) =>
          all.length === 0 ? (
            <p>There is no key.</p>
          ) : (
            <ul className="rows">
              {all.map((key) => (
                <KeyRow key={key.id} organisation={organisation} apiKey={key} />
              ))}
            </ul>
          )
        }
      </Loaded>
      <Offered isOffered={may('keys.create')}>
        <h2>New key</h2>
        <Entry
          label="New key"
          schema={keyInput}
          send={create.mutateAsync}
          action="Create the key"
          done="The key was created."
        >
          <TextEntry
            name="name"
            label="Name"
            hint="What uses it, such as the import at night."
            autoComplete="off"
          />
          <TextEntry
            name="scopes"
            label="Permissions"
            hint="With spaces or lines between them. A key can do no more than you may."
            isLong
          />
          <TextEntry
            name="days"
            label="Days until it ends"
            defaultValue="90"
            inputMode="numeric"
            autoComplete="off"
          />
        </Entry>
        {create.data !== undefined && <Secret secret={create.data.secret} />}
      </Offered>
    </>
  );
}

/** The secret of a new key, which is shown once. */
function Secret({ secret }: { secret: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(secret);
    setCopied(true);
  };
  return (
    <section aria-label="The new key" className="secret">
      <p>Copy it now: it is shown once, and only its hash is kept.</p>
      <code>{secret}</code>
      <Button onPress={() => void copy()}>Copy</Button>
      <p role="status">{isCopied ? 'Copied.' : ''}</p>
    </section>
  );
}

function KeyRow({ organisation, apiKey }: { organisation: string; apiKey: ApiKey }) {
  const { id, name, prefix, scopes, expiresAt, lastUsedAt } = apiKey;
  const revoke = useRevokeApiKey(organisation, id);
  const may = useMay(organisation);
  return (
    <li>
      <strong>{name}</strong> <span className="id">{prefix}…</span>
      <p className="hint">
        {scopes.join(', ')}. Ends <Moment at={expiresAt} />.{' '}
        {lastUsedAt === null ? (
          'Never used.'
        ) : (
          <>
            Last used <Moment at={lastUsedAt} />.
          </>
        )}
      </p>
      {may('keys.revoke') && (
        <Confirm
          label="Revoke"
          of={name}
          question={`Revoke the key ${name}?`}
          text="What uses it is refused from then on."
          change={revoke}
        />
      )}
    </li>
  );
}
