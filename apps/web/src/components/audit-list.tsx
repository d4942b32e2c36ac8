import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import type { AuditEntry } from '../accounts-api.ts';
import { Paged } from './loaded.tsx';
import { Moment } from './moment.tsx';

interface AuditPage {
  entries: AuditEntry[];
  nextPageToken: string;
}

/** Entries of an audit log, newest first, each with what was there before and after. */
export function AuditList({ pages }: { pages: UseInfiniteQueryResult<InfiniteData<AuditPage>> }) {
  return (
    <Paged pages={pages} items={({ entries }) => entries} none="Nothing was changed yet.">
      {(entries) => (
        <ul className="rows">
          {entries.map(({ id, at, actor, onBehalfOf, action, subject, address, app, before, after }) => (
            <li key={id}>
              <strong>{action}</strong> <span className="id">{subject}</span>
              <p className="hint">
                <Moment at={at} /> by <span className="id">{actor}</span>
                {onBehalfOf !== '' && (
                  <>
                    {' '}
                    on behalf of <span className="id">{onBehalfOf}</span>
                  </>
                )}{' '}
                from {address} at {app}
              </p>
              {(before !== null || after !== null) && (
                <details>
                  <summary>Before and after</summary>
                  <State name="Before" state={before} />
                  <State name="After" state={after} />
                </details>
              )}
            </li>
          ))}
        </ul>
      )}
    </Paged>
  );
}

function State({ name, state }: { name: string; state: AuditEntry['before'] }) {
  return (
    <p>
      {name}: <code>{state === null ? 'nothing' : JSON.stringify(state)}</code>
    </p>
  );
}
