import { useMutation } from '@tanstack/react-query';
import { Button } from 'react-aria-components/Button';
import type { AuditEntry } from '../accounts-api.ts';
import { saveFile } from '../save-file.ts';
import { Problem } from './problem.tsx';

interface AuditExportProps {
  fetchPage: (pageToken: string) => Promise<{ entries: AuditEntry[]; nextPageToken: string }>;
}

/** A button for the whole log as a file, with one entry as JSON on each line. */
export function AuditExport({ fetchPage }: AuditExportProps) {
  const save = useMutation({
    mutationFn: async () => saveFile('audit-log.jsonl', 'application/jsonl', await linesOf(fetchPage)),
  });
  return (
    <div className="actions">
      <Button isPending={save.isPending} onPress={() => save.mutate()}>
        Download the whole log
      </Button>
      <span role="status">{save.isPending ? 'Collecting the entries…' : ''}</span>
      <Problem error={save.error} />
    </div>
  );
}

async function linesOf(fetchPage: AuditExportProps['fetchPage']): Promise<string[]> {
  const lines: string[] = [];
  for (let token = ''; ; ) {
    const { entries, nextPageToken } = await fetchPage(token);
    lines.push(...entries.map((entry) => `${JSON.stringify(entry)}\n`));
    if (nextPageToken === '') return lines;
    token = nextPageToken;
  }
}
