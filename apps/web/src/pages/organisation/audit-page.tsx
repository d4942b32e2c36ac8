import { accounts } from '../../accounts-api.ts';
import { AuditExport } from '../../components/audit-export.tsx';
import { AuditList } from '../../components/audit-list.tsx';
import { useAudit } from '../../controllers/organisations.ts';

export function AuditPage({ organisation }: { organisation: string }) {
  const pages = useAudit(organisation);
  return (
    <>
      <h2>Audit log</h2>
      <AuditExport
        fetchPage={(pageToken) =>
          accounts.listAuditEntries({ organisation, oldestFirst: true, pageSize: 1000, pageToken })
        }
      />
      <AuditList pages={pages} />
    </>
  );
}
