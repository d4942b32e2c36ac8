import { expect, it } from 'vitest';
import { compositionOf } from './composition.ts';

const file = (path: string, mode = 0o644) => ({
  path,
  mode,
  kind: 'file' as const,
  content: Buffer.from(path),
});
const context = [file('Dockerfile'), file('app.js'), file('dist/server.mjs'), file('dist/lib/a.mjs', 0o755)];
const paths = (dockerfile: string) => {
  const made = compositionOf(dockerfile, context);
  if ('reason' in made) throw new Error(made.reason);
  return made.files.map(({ kind, path, mode }) => `${kind} ${path} ${mode.toString(8)}`);
};

it('has the added files and the process settings', () => {
  const made = compositionOf(
    `# A comment
FROM docker.io/library/node:24
WORKDIR /app
ENV COLOUR=red SIZE=1
COPY dist dist
USER 1000
EXPOSE 8080 53/udp
CMD ["node", \\
  "dist/server.mjs"]
`,
    context,
  );
  expect(made).toMatchObject({
    base: 'docker.io/library/node:24',
    settings: {
      WorkingDir: '/app',
      User: '1000',
      Env: ['COLOUR=red', 'SIZE=1'],
      ExposedPorts: ['8080/tcp', '53/udp'],
      Cmd: ['node', 'dist/server.mjs'],
    },
  });
});

it.each([
  ['COPY dist dist', ['app', 'app/dist', 'app/dist/lib', 'app/dist/lib/a.mjs', 'app/dist/server.mjs']],
  ['COPY dist /app', ['app', 'app/lib', 'app/lib/a.mjs', 'app/server.mjs']],
  ['COPY app.js ./', ['app', 'app/app.js']],
  [
    'COPY app.js dist /other/',
    ['app', 'other', 'other/app.js', 'other/lib', 'other/lib/a.mjs', 'other/server.mjs'],
  ],
  ['COPY *.js ./', ['app', 'app/app.js']],
  ['COPY dist/*.mjs d*/l* ./', ['app', 'app/a.mjs', 'app/server.mjs']],
  [
    'COPY . .',
    [
      'app',
      'app/Dockerfile',
      'app/app.js',
      'app/dist',
      'app/dist/lib',
      'app/dist/lib/a.mjs',
      'app/dist/server.mjs',
    ],
  ],
])("%s puts files where Docker's builder puts them", (copy, expected) => {
  expect(paths(`FROM a\nWORKDIR /app\n${copy}`).map((line) => line.split(' ')[1])).toEqual(expected);
});

it('keeps the executable bit, and makes folders readable for all', () => {
  expect(paths('FROM a\nWORKDIR /app\nCOPY dist .')).toEqual([
    'directory app 755',
    'directory app/lib 755',
    'file app/lib/a.mjs 755',
    'file app/server.mjs 644',
  ]);
});

it.each([
  ['FROM a\nRUN true', 'RUN'],
  ['FROM a AS b\nFROM c', 'FROM a AS b'],
  ['FROM a\nFROM b', 'a second FROM'],
  ['ARG V=1\nFROM a:$V', 'ARG before FROM'],
  ['FROM a:$V', 'FROM with $'],
  ['FROM scratch', 'FROM scratch'],
  ['FROM a\nWORKDIR /app\nCOPY ?.js ./', 'COPY with ?'],
  ['FROM a\nWORKDIR /app\nCOPY *.sql ./', 'COPY *.sql, which does not exist'],
  ['FROM a\nWORKDIR /app\nCOPY --chown=1 dist .', 'COPY --chown=1'],
  ['FROM a\nWORKDIR /app\nCOPY none .', 'COPY none, which does not exist'],
  ['FROM a\nWORKDIR /app\nCOPY app.js other', 'COPY of a file to other'],
  ['FROM a\nCOPY dist /usr/share/dist', 'files in /usr/share/dist'],
  ['FROM a\nCOPY dist .', 'files in /'],
  ['FROM a\nCMD node app.js', 'CMD of a shell'],
  ['FROM a\nHEALTHCHECK NONE', 'HEALTHCHECK'],
  ['', 'no FROM'],
])('leaves to the engine: %j', (dockerfile, reason) => {
  expect(compositionOf(dockerfile, context)).toEqual({ reason });
});

it('leaves a Dockerfile to the engine if the build context excludes a copied file', () => {
  expect(compositionOf('FROM a', [...context, file('.dockerignore')])).toEqual({ reason: '.dockerignore' });
});
