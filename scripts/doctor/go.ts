import { coerce, gte, rsort } from 'semver';
import { type CheckResult, fail, ok } from './check.ts';
import { tool } from './tool.ts';

/** What decides whether Go is needed, and which. */
export interface GoInput {
  /** `go version`; `undefined` when it is not there. */
  printed: string | undefined;
  /** `go env GOTOOLCHAIN`: unless it is `local`, a Go of 1.21 or later fetches the version that a module asks for. */
  toolchain: string;
  /** The highest version that a go.mod of images/go/wrappers asks for. */
  minimum: string;
  /** Executables of the lock file that are neither in the cache nor fetched. */
  toBuild: number;
}

/** Whether Go can build the missing programs. */
export function go({ printed, toolchain, minimum, toBuild }: GoInput): CheckResult {
  if (toBuild === 0 && printed === undefined) {
    return ok('not installed, and not needed: no program has to be built');
  }
  const mend = `Install Go ${minimum} or later: https://go.dev/dl, then put its bin folder into PATH`;
  const version = coerce(printed);
  if (printed && version && !gte(version, coerce(minimum) ?? minimum)) {
    if (gte(version, '1.21.0') && toolchain !== 'local') {
      return ok(`${version.version}, which fetches Go ${minimum} by itself`);
    }
    if (toBuild > 0) {
      return fail(`go ${version.version} is too old: images/go/wrappers asks for ${minimum}`, mend);
    }
  }
  return toBuild === 0 ? ok(version?.version ?? 'installed') : tool({ name: 'go', printed, minimum, mend });
}

/** The highest version that one of these go.mod files asks for. */
export function goMinimum(modules: string[]): string {
  const versions = modules.flatMap((text) => coerce(/^go (\S+)/m.exec(text)?.[1])?.version ?? []);
  return rsort(versions)[0] ?? '1.26.0';
}
