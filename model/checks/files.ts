import type { App } from '../app.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { AppFiles } from '../reading/app-files.ts';
import { diagnosticAt, type Loaded } from '../reading/source.ts';
import type { Repository } from '../repository.ts';

/** Maximum bytes of all files of an app together (Kubernetes, ValidateConfigMap: MaxSecretSize). */
const most = 1024 * 1024;

/** A mounted file must exist, must be a regular file, and must fit into the app's ConfigMap. */
export function checkFiles(root: string, { apps }: Repository): Diagnostic[] {
  const files = new AppFiles(root);
  return apps.flatMap((app) => checkApp(app, files));
}

function checkApp({ name, source, value }: Loaded<App>, files: AppFiles): Diagnostic[] {
  const stored = new Map(files.stored({ name, files: value.files }).map((file) => [file.path, file]));
  const diagnostics = Object.entries(value.files).flatMap(([path, file]): Diagnostic[] => {
    const report = (code: string, what: string, why: string, fix: string) => [
      diagnosticAt(source, ['files', path], { code, what, why, fix }),
    ];
    const found = stored.get(file);
    if (found === undefined) {
      return report(
        'no-file',
        `Git has no file apps/${name}/${file}`,
        'it is mounted, and every machine must render the same manifests',
        `write apps/${name}/${file}; if it exists, a .gitignore excludes it`,
      );
    }
    if (found.mode === '120000') {
      return report(
        'file-is-link',
        `apps/${name}/${file} is a symbolic link`,
        'a review of the app does not show its target',
        'replace the link with the file',
      );
    }
    return [];
  });
  const size = [...stored.values()].reduce((sum, { content }) => sum + content.length, 0);
  if (size <= most) return diagnostics;
  const words = {
    code: 'files-too-large',
    what: `the files of '${name}' have ${size} bytes in total`,
    why: `they become one ConfigMap, and the maximum of the API server is ${most} bytes`,
    fix: 'put large files into the image',
  };
  return [...diagnostics, diagnosticAt(source, ['files'], words, 'key')];
}
