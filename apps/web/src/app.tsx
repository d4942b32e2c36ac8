import { lazy } from 'react';
import { Navigate, Route, Routes } from 'react-router';
import { Shell } from './components/shell.tsx';
import { NotFoundPage } from './pages/not-found-page.tsx';
import { OrganisationsPage } from './pages/organisations-page.tsx';

// Each is loaded when it is first opened.
const InvitationPage = lazy(async () => ({
  default: (await import('./pages/invitation-page.tsx')).InvitationPage,
}));
const OrdersPage = lazy(async () => ({ default: (await import('./pages/orders-page.tsx')).OrdersPage }));
const AccountPage = lazy(async () => ({ default: (await import('./pages/account-page.tsx')).AccountPage }));
const SessionsPage = lazy(async () => ({
  default: (await import('./pages/sessions-page.tsx')).SessionsPage,
}));
const OrganisationPages = lazy(async () => ({
  default: (await import('./pages/organisation/organisation-pages.tsx')).OrganisationPages,
}));
const AdminPages = lazy(async () => ({
  default: (await import('./pages/admin/admin-pages.tsx')).AdminPages,
}));

export function App() {
  return (
    <Routes>
      <Route element={<Shell />}>
        <Route index element={<Navigate to="/organisations" replace />} />
        <Route path="organisations" element={<OrganisationsPage />} />
        <Route path="organisations/:organisation/*" element={<OrganisationPages />} />
        <Route path="orders" element={<OrdersPage />} />
        <Route path="invitations" element={<InvitationPage />} />
        <Route path="account" element={<AccountPage />} />
        <Route path="account/sessions" element={<SessionsPage />} />
        <Route path="admin/*" element={<AdminPages />} />
        <Route path="*" element={<NotFoundPage />} />
      </Route>
    </Routes>
  );
}
