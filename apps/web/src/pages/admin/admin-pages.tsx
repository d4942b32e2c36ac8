import { Route, Routes } from 'react-router';
import { AuditList } from '../../components/audit-list.tsx';
import { Paged } from '../../components/loaded.tsx';
import { Moment } from '../../components/moment.tsx';
import { Page } from '../../components/page.tsx';
import { SectionLinks } from '../../components/section-links.tsx';
import { usePlatformAudit, usePlatformOrganisations } from '../../controllers/platform.ts';
import { NotFound } from '../not-found-page.tsx';
import { PeoplePage } from './people-page.tsx';

const links = [
  { to: '.', text: 'People' },
  { to: 'organisations', text: 'Organisations' },
  { to: 'audit', text: 'Audit log' },
];

/** For administrators of the platform: the API refuses everybody else. */
export function AdminPages() {
  return (
    <Page title="Administration">
      <SectionLinks label="Administration" links={links} />
      <Routes>
        <Route index element={<PeoplePage />} />
        <Route path="organisations" element={<AllOrganisationsPage />} />
        <Route path="audit" element={<WholeAuditPage />} />
        <Route path="*" element={<NotFound />} />
      </Routes>
    </Page>
  );
}

function AllOrganisationsPage() {
  const organisations = usePlatformOrganisations();
  return (
    <>
      <h2>Organisations</h2>
      <Paged pages={organisations} items={(page) => page.organisations} none="There is no organisation.">
        {(all) => (
          <ul className="rows">
            {all.map(({ id, name, createdAt }) => (
              <li key={id}>
                <strong>{name}</strong> <span className="id">{id}</span>
                <p className="hint">
                  Created <Moment at={createdAt} />
                </p>
              </li>
            ))}
          </ul>
        )}
      </Paged>
    </>
  );
}

function WholeAuditPage() {
  const pages = usePlatformAudit();
  return (
    <>
      <h2>Audit log</h2>
      <AuditList pages={pages} />
    </>
  );
}
