import { QueryClientProvider } from '@tanstack/react-query';
import { cleanup, configure, render } from '@testing-library/react';
import { type UserEvent, userEvent } from '@testing-library/user-event';
import { MemoryRouter } from 'react-router';
import { vi } from 'vitest';
import { App } from '../src/app.tsx';
import { queries } from '../src/queries.ts';
import { noteShownFor } from '../src/revalidation.ts';
import { noteSessionEnd } from '../src/session-end.ts';
import { FakeAccounts } from './fake-accounts.ts';
import { FakeEventSource } from './fake-event-source.ts';

// Pages are loaded when they are first opened, which takes long on a busy machine.
configure({ asyncUtilTimeout: 15_000 });

/** The app at a path, as somebody sees it, with an API in memory. */
export function opened(path: string, api = new FakeAccounts()): { api: FakeAccounts; user: UserEvent } {
  vi.stubGlobal('fetch', api.fetch);
  FakeEventSource.open = [];
  vi.stubGlobal('EventSource', FakeEventSource);
  queries.clear();
  noteSessionEnd(false);
  noteShownFor(undefined);
  render(
    <QueryClientProvider client={queries}>
      <MemoryRouter initialEntries={[path]}>
        <App />
      </MemoryRouter>
    </QueryClientProvider>,
  );
  return { api, user: userEvent.setup() };
}

export function closed(): void {
  cleanup();
  vi.unstubAllGlobals();
}
