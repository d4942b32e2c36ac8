import { Link } from 'react-router';
import { Page } from '../components/page.tsx';

export function NotFoundPage() {
  return (
    <Page title="Nothing is here">
      <NotFound />
    </Page>
  );
}

/** The same below the heading of a section. */
export function NotFound() {
  return (
    <p>
      No page has this address. <Link to="/organisations">Your organisations</Link>
    </p>
  );
}
