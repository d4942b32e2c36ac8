import { z } from 'zod';
import { checkSchema } from '../../model/checks/schema.ts';
import { readText } from '../../model/reading/read-text.ts';
import { readYaml } from '../../model/reading/read-yaml.ts';
import { DiagnosticsFailure } from '../render/diagnostics-failure.ts';

/** The file with accepted licences and vulnerabilities of packages. */
export const acceptedFile = 'ci/supply-chain.yaml';

const reason = z.string().min(1);

/** Schema of the file. */
export const acceptedSchema = z.strictObject({
  /** SPDX identifiers. */
  licences: z.array(z.string().min(1)).min(1),
  packages: z.array(z.strictObject({ name: z.string().min(1), licence: z.string().min(1), reason })),
  vulnerabilities: z.array(
    z.strictObject({
      id: z.string().min(1),
      package: z.string().min(1),
      /** The last day, in UTC. */
      until: z.iso.date(),
      reason,
    }),
  ),
});

/** Licences and vulnerabilities of packages that people accept. */
export type Accepted = z.output<typeof acceptedSchema>;

/** @throws DiagnosticsFailure if the file is missing or invalid. */
export function readAccepted(root: string): Accepted {
  const { text, diagnostic } = readText(root, acceptedFile);
  if (diagnostic !== undefined) throw new DiagnosticsFailure([diagnostic]);
  const { source, diagnostics } = readYaml(text, acceptedFile);
  if (source === undefined) throw new DiagnosticsFailure(diagnostics);
  const checked = checkSchema(acceptedSchema, source);
  if (checked.value === undefined) throw new DiagnosticsFailure(checked.diagnostics);
  return checked.value;
}
