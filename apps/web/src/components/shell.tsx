import { Suspense } from 'react';
import { NavLink, Outlet, useLocation } from 'react-router';
import { clusterOrigin } from '../cluster-origin.ts';
import { useIsAdministrator } from '../controllers/session.ts';
import { useSessionEnd } from '../session-end.ts';
import { FailureBoundary } from './failure-boundary.tsx';
import { ImpersonationBanner } from './impersonation-banner.tsx';

/** Not a link: what stands after `#` can be the token of an invitation. */
function skip(): void {
  document.getElementById('content')?.focus();
}

/** What is around each page: navigation, sign-out, and the word that the session has ended. */
export function Shell() {
  const isAdministrator = useIsAdministrator();
  const hasEnded = useSessionEnd();
  const { pathname } = useLocation();
  return (
    <>
      <button type="button" className="skip" onClick={skip}>
        Skip to the content
      </button>
      <header>
        <nav aria-label="Main">
          <ul>
            <li>
              <NavLink to="/organisations">Organisations</NavLink>
            </li>
            <li>
              <NavLink to="/orders">Orders</NavLink>
            </li>
            <li>
              <NavLink to="/account">Your account</NavLink>
            </li>
            {isAdministrator && (
              <li>
                <NavLink to="/admin">Administration</NavLink>
              </li>
            )}
            <li>
              <a href="/.sign-in/out">Sign out</a>
            </li>
          </ul>
        </nav>
      </header>
      <ImpersonationBanner />
      {hasEnded && (
        <p role="alert" className="problem">
          You are not signed in any more.{' '}
          <a href={`${clusterOrigin()}/`} target="_blank" rel="noreferrer">
            Sign in in another tab
          </a>
          , then come back and repeat what you did: what you typed is still here.
        </p>
      )}
      <main id="content" tabIndex={-1}>
        <FailureBoundary key={pathname}>
          <Suspense fallback={<p role="status">Loading…</p>}>
            <Outlet />
          </Suspense>
        </FailureBoundary>
      </main>
    </>
  );
}
