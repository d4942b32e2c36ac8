import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import type { Report } from '../../images/index.ts';
import { jsonText } from '../signing/json-text.ts';
import { renovateProgram } from './renovate-program.ts';

/** A dependency that Renovate finds in a file. */
const dependency = z.object({
  depName: z.string().optional(),
  currentValue: z.string().nullish(),
  currentDigest: z.string().nullish(),
  datasource: z.string().optional(),
});

/** Dependencies by manager and file. One file can be there several times: once for each expression that reads it. */
const packageFiles = z.record(
  z.string(),
  z.array(z.object({ packageFile: z.string(), deps: z.array(dependency) })),
);

/** A line of Renovate's log, which follows Bunyan: 40 is a warning, 50 an error. */
const logLine = jsonText.pipe(
  z.object({
    level: z.number(),
    msg: z.string(),
    errors: z.array(z.object({ message: z.string() })).default([]),
    packageFiles: packageFiles.optional(),
  }),
);

/** What Renovate says of renovate.json. */
export interface RenovateFindings {
  /** Warnings and errors; empty if it can use the configuration. */
  problems: string[];
  files: z.output<typeof packageFiles>;
}

/** Renovate says so wherever it has no token: it would ask GitHub for versions, and looks nothing up here. */
const expected = 'GitHub token is required for some dependencies';

/** Lets Renovate validate renovate.json in `root`, and find all dependencies in the files of its Git repository. It changes nothing. */
export async function lintRenovate(root: string, report: Report): Promise<RenovateFindings> {
  const programs = await renovateProgram(root, report);
  const base = await mkdtemp(join(tmpdir(), 'plinth-renovate-'));
  try {
    const run = async (program: string, args: string[]) => {
      const result = await execa(join(programs, program), args, {
        cwd: root,
        reject: false,
        stdin: 'ignore',
        env: { LOG_LEVEL: 'debug', LOG_FORMAT: 'json', RENOVATE_X_IGNORE_RE2: 'true', NO_COLOR: '1' },
      });
      const lines = result.stdout.split('\n').flatMap((line) => logLine.safeParse(line).data ?? []);
      const problems = lines
        .filter(({ level, msg }) => level >= 40 && msg !== expected)
        .map(({ msg, errors }) => [`${program}: ${msg}`, ...errors.map(({ message }) => message)].join('; '));
      const failed = `${program} ended with ${result.exitCode}: ${result.stderr.trim() || 'without a word'}`;
      return { lines, problems: result.failed && problems.length === 0 ? [failed] : problems };
    };
    const validated = await run('renovate-config-validator', ['--strict']);
    const tried = await run('renovate', ['--platform=local', '--dry-run=extract', `--base-dir=${base}`]);
    const files = tried.lines.find((line) => line.packageFiles !== undefined)?.packageFiles;
    const problems = [...validated.problems, ...tried.problems];
    if (files === undefined && problems.length === 0) problems.push('renovate: lists no dependencies');
    return { problems, files: files ?? {} };
  } finally {
    await rm(base, { recursive: true, force: true });
  }
}
