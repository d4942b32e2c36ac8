import { coerce, gte, rsort } from 'semver';
import { type CheckResult, fail, ok } from './check-result.ts';
import { tool } from './tool.ts';

/** Facts that decide whether Go is needed, and which version. */
export interface GoInput {
  /** Output of `go version`; `undefined` if Go is not installed. */
  printed: string | undefined;
  /**
   * `go env GOTOOLCHAIN`: unless it is `local`, Go from 1.21 downloads the version that a module requires.
   */
  toolchain: string;
  /** The highest version that a go.mod of images/go/wrappers requires. */
  minimum: string;
  /** Executables of the lock file that are neither in the cache nor downloadable. */
  toBuild: number;
}

/** Whether Go can build the missing programs. */
export function go({ printed, toolchain, minimum, toBuild }: GoInput): CheckResult {
  if (toBuild === 0 && printed === undefined) {
    return ok('not installed, and not needed: no program must be built');
  }
  const mend = `Install Go ${minimum} or later: https://go.dev/dl, then add its bin folder to PATH`;
  const version = coerce(printed);
  if (printed && version && !gte(version, coerce(minimum) ?? minimum)) {
    if (gte(version, '1.21.0') && toolchain !== 'local') {
      return ok(`${version.version}, which downloads Go ${minimum} by itself`);
    }
    if (toBuild > 0) {
      return fail(`go ${version.version} is too old: images/go/wrappers requires ${minimum}`, mend);
    }
  }
  return toBuild === 0 ? ok(version?.version ?? 'installed') : tool({ name: 'go', printed, minimum, mend });
}

/** The highest version that one of these go.mod files requires. */
export function goMinimum(modules: string[]): string {
  const versions = modules.flatMap((text) => coerce(/^go (\S+)/m.exec(text)?.[1])?.version ?? []);
  return rsort(versions)[0] ?? '1.26.0';
}
