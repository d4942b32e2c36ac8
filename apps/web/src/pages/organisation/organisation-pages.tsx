import { Route, Routes, useParams } from 'react-router';
import { Loaded } from '../../components/loaded.tsx';
import { Page } from '../../components/page.tsx';
import { SectionLinks } from '../../components/section-links.tsx';
import { useOrganisation } from '../../controllers/organisations.ts';
import { useMay } from '../../controllers/session.ts';
import { NotFound } from '../not-found-page.tsx';
import { AuditPage } from './audit-page.tsx';
import { KeysPage } from './keys-page.tsx';
import { MembersPage } from './members-page.tsx';
import { RolesPage } from './roles-page.tsx';
import { SettingsPage } from './settings-page.tsx';

/** The pages of one organisation. */
export function OrganisationPages() {
  const { organisation: id = '' } = useParams();
  const organisation = useOrganisation(id);
  const may = useMay(id);
  const links = [
    { to: '.', text: 'Members' },
    { to: 'roles', text: 'Roles' },
    ...(may('keys.read') ? [{ to: 'keys', text: 'API keys' }] : []),
    ...(may('audit.read') ? [{ to: 'audit', text: 'Audit log' }] : []),
    { to: 'settings', text: 'Settings' },
  ];
  return (
    <Page title={organisation.data?.name ?? 'Organisation'} of={id}>
      <Loaded query={organisation}>
        {(known) => (
          <>
            <SectionLinks label="Organisation" links={links} />
            <Routes>
              <Route index element={<MembersPage organisation={id} />} />
              <Route path="roles" element={<RolesPage organisation={id} />} />
              <Route path="keys" element={<KeysPage organisation={id} />} />
              <Route path="audit" element={<AuditPage organisation={id} />} />
              <Route path="settings" element={<SettingsPage organisation={known} />} />
              <Route path="*" element={<NotFound />} />
            </Routes>
          </>
        )}
      </Loaded>
    </Page>
  );
}
