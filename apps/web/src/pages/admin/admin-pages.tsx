import { Route, Routes } from 'react-router';
import { accounts } from '../../accounts-api.ts';
import { AuditExport } from '../../components/audit-export.tsx';
import { AuditList } from '../../components/audit-list.tsx';
import { Page } from '../../components/page.tsx';
import { SectionLinks } from '../../components/section-links.tsx';
import { usePlatformAudit } from '../../controllers/platform.ts';
import { NotFound } from '../not-found-page.tsx';
import { AllOrganisationsPage } from './all-organisations-page.tsx';
import { JobsPage } from './jobs-page.tsx';
import { PeoplePage } from './people-page.tsx';

const links = [
  { to: '.', text: 'People' },
  { to: 'organisations', text: 'Organisations' },
  { to: 'jobs', text: 'Jobs' },
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
        <Route path="jobs" element={<JobsPage />} />
        <Route path="audit" element={<WholeAuditPage />} />
        <Route path="*" element={<NotFound />} />
      </Routes>
    </Page>
  );
}

function WholeAuditPage() {
  const pages = usePlatformAudit();
  return (
    <>
      <h2>Audit log</h2>
      <AuditExport
        fetchPage={(pageToken) => accounts.listPlatformAuditEntries({ pageSize: 1000, pageToken })}
      />
      <AuditList pages={pages} />
    </>
  );
}
