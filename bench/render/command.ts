import '../../scripts/cli/compile-cache.ts';

// The complete `npm run render` for the repository ROOT.
const { renderCommand } = await import('../../scripts/render/render-command.ts');
const { watchAndRender } = await import('../../scripts/render/watch-and-render.ts');

const [root = '', mode = ''] = process.argv.slice(2);
const print = (text: string) => void process.stdout.write(text);
if (mode === 'watch') {
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort());
  await watchAndRender({ root, command: {} }, { out: print, err: print }, stop.signal);
} else process.exitCode = await renderCommand(root, {}, print);
