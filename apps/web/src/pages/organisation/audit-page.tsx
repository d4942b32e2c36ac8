import { AuditList } from '../../components/audit-list.tsx';
import { useAudit } from '../../controllers/organisations.ts';

export function AuditPage({ organisation }: { organisation: string }) {
  const pages = useAudit(organisation);
  return (
    <>
      <h2>Audit log</h2>
      <AuditList pages={pages} />
    </>
  );
}
