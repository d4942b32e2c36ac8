import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RepositoryFiles } from './repository-files.ts';
import type { StoredFile } from './stored-file.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'plinth-files-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, content: string | Buffer = path): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

function git(...args: string[]): Buffer {
  const settings = ['-c', 'user.name=x', '-c', 'user.email=x@example.org', '-c', 'init.defaultBranch=main'];
  return execFileSync('git', [...settings, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
}

const stored = (folder = '.') => new RepositoryFiles(root).below(folder);
const paths = (folder?: string) => stored(folder).map(({ path }) => path);

/** The files that Git itself would store, without those that are left out everywhere. */
function storedByGit(): StoredFile[] {
  git('add', '--all');
  const entries = git('ls-files', '-z', '--stage').toString().split('\0').filter(Boolean);
  return entries.map((entry) => {
    const [, mode = '', object = '', path = ''] = /^(\d+) (\w+) 0\t([\s\S]*)$/.exec(entry) ?? [];
    if (mode !== '100644' && mode !== '100755' && mode !== '120000') throw new Error(entry);
    return { path, mode, content: git('cat-file', 'blob', object) };
  });
}

const asText = (files: StoredFile[]) =>
  files.map(({ path, mode, content }) => [path, mode, content.toString('latin1')]);

describe.each(['in a checkout', 'outside of one'])('the files of a repository %s', (where) => {
  beforeEach(() => {
    if (where === 'in a checkout') git('init');
  });

  it('are those that Git tracks or would track', () => {
    put('.gitignore', '*.log\nbuild/\n/only-here\n');
    put('app/.gitignore', '!kept.log\nsecret*\n');
    for (const path of [
      'app/a.js',
      'app/kept.log',
      'app/only-here',
      'app/.hidden',
      'app/x.log',
      'app/secret.txt',
      'app/build/b.js',
      'build/kept.log',
      'only-here',
    ])
      put(path);
    const expected = ['.gitignore', '.hidden', 'a.js', 'kept.log', 'only-here'];
    expect(paths('app')).toEqual(expected);
    if (where === 'in a checkout') {
      git('add', '--all');
      put('app/new.js');
      expect(paths('app')).toEqual([...expected, 'new.js'].sort());
    }
    expect(paths()).not.toContain('only-here');
    expect(paths()).not.toContain('build/kept.log');
  });

  it('have no files of desktops and editors', () => {
    put('app/a');
    for (const path of [
      '.DS_Store',
      '._a',
      'Thumbs.db',
      'desktop.ini',
      'a~',
      '.a.swp',
      '.#a',
      '#a#',
      '.nfs01',
    ])
      put(`app/${path}`);
    expect(paths('app')).toEqual(['a']);
  });

  it('have their executable bit and the target of a link, and no other mode', () => {
    put('run');
    put('text');
    chmodSync(join(root, 'run'), 0o700);
    chmodSync(join(root, 'text'), 0o606);
    symlinkSync('text', join(root, 'link'));
    expect(asText(stored())).toEqual([
      ['link', '120000', 'text'],
      ['run', '100755', 'run'],
      ['text', '100644', 'text'],
    ]);
  });

  it('include those of a linked folder', () => {
    put('real/a');
    symlinkSync('real', join(root, 'link'));
    expect(paths('link')).toEqual(['a']);
  });

  it('have LF if they are text with CR LF, and are unchanged otherwise', () => {
    put('.gitattributes', '* text=auto eol=lf\n');
    put('text', 'a\r\nb\r\n');
    put('binary', 'a\r\n\0');
    put('old-mac', 'a\rb\r\n');
    expect(stored().map(({ content }) => content.toString())).toEqual([
      '* text=auto eol=lf\n',
      'a\r\n\0',
      'a\rb\r\n',
      'a\nb\n',
    ]);
  });

  it('are none of a submodule that the clone did not fetch', () => {
    git('init');
    put('a');
    git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},library`);
    expect(paths()).toEqual(['a']);
    mkdirSync(join(root, 'library'));
    expect(paths()).toEqual(['a']);
  });

  it('include those of a nested repository', () => {
    put('app/inner/a');
    execFileSync('git', ['init', '--quiet'], { cwd: join(root, 'app/inner') });
    expect(paths('app')).toEqual(['inner/a']);
  });
});

it('include tracked files that are ignored, and exclude tracked files that were removed', () => {
  git('init');
  put('forced.log');
  put('gone');
  git('add', '.');
  put('.gitignore', '*.log\n');
  rmSync(join(root, 'gone'));
  expect(paths()).toEqual(['.gitignore', 'forced.log']);
});

it('have the executable bit of the index if the file system has none', () => {
  git('init');
  put('run');
  put('text');
  chmodSync(join(root, 'run'), 0o755);
  git('add', '.');
  git('config', 'core.fileMode', 'false');
  chmodSync(join(root, 'run'), 0o644);
  chmodSync(join(root, 'text'), 0o755);
  put('new');
  chmodSync(join(root, 'new'), 0o755);
  expect(stored().map(({ path, mode }) => [path, mode])).toEqual([
    ['new', '100644'],
    ['run', '100755'],
    ['text', '100644'],
  ]);
});

it('do not depend on the variables of a Git hook or on the owner of the folder', () => {
  git('init');
  put('a');
  process.env.GIT_DIR = '/nowhere';
  try {
    expect(paths()).toEqual(['a']);
  } finally {
    delete process.env.GIT_DIR;
  }
});

it('equal the files that Git stores, for any content, attributes and core.autocrlf', () => {
  const piece = fc.constantFrom(
    'a',
    'line',
    '\r\n',
    '\n',
    '\r',
    '\0',
    '\x01',
    '\x1a',
    'é',
    '\x7f',
    'x'.repeat(200),
  );
  const content = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
  const attributes = fc.constantFrom(
    '',
    '* text=auto eol=lf\n',
    '* text=auto\n*.a binary\n',
    '* text\n',
    '*.a text eol=crlf\n',
    '* -text\n',
    '*.a crlf\n',
  );
  const autocrlf = fc.constantFrom('true', 'false', 'input');
  const files = fc.dictionary(fc.constantFrom('1.a', '2.a', '3', 'x/4.a'), content);
  fc.assert(
    fc.property(files, files, attributes, autocrlf, (before, after, attributes, autocrlf) => {
      rmSync(root, { recursive: true });
      mkdirSync(root);
      git('init');
      for (const [path, text] of Object.entries(before)) put(path, text);
      git('add', '.');
      git('config', 'core.autocrlf', autocrlf);
      for (const [path, text] of Object.entries(after)) put(path, text);
      put('.gitattributes', attributes);
      const ours = asText(stored());
      // Git applies new attributes to a file only when it looks at it again, which a new time makes it do.
      for (const [path, text] of Object.entries(before)) if (!(path in after)) put(path, text);
      expect(ours).toEqual(asText(storedByGit()));
    }),
    { numRuns: 30 },
  );
}, 120_000);

it('are equal for a checkout with CR LF, one without, and a copy without Git', () => {
  git('init');
  put('.gitattributes', '* text=auto eol=lf\n');
  put('app/a.txt', 'one\ntwo\n');
  put('app/b.png', Buffer.from([0x89, 0x50, 0, 0x0d, 0x0a]));
  put('app/run', '#!/bin/sh\n');
  chmodSync(join(root, 'app/run'), 0o755);
  git('add', '.');
  git('commit', '--message', 'all');
  const expected = asText(stored('app'));
  const [origin, copies] = [root, mkdtempSync(join(tmpdir(), 'plinth-copies-'))];
  try {
    root = join(copies, 'windows');
    execFileSync('git', ['-c', 'core.autocrlf=true', 'clone', '--quiet', origin, root]);
    expect(asText(stored('app'))).toEqual(expected);
    put('app/a.txt', 'one\r\ntwo\r\n');
    expect(asText(stored('app'))).toEqual(expected);
    cpSync(origin, join(copies, 'archive'), { recursive: true });
    root = join(copies, 'archive');
    rmSync(join(root, '.git'), { recursive: true });
    expect(asText(stored('app'))).toEqual(expected);
  } finally {
    root = origin;
    rmSync(copies, { recursive: true });
  }
});
