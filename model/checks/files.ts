import type { App } from '../app.ts';
import type { Problem } from '../diagnostics/problem.ts';
import { AppFiles } from '../reading/app-files.ts';
import { type Loaded, problemAt } from '../reading/source.ts';
import type { Repository } from '../repository.ts';

/** Bytes of all files of an app together (Kubernetes, ValidateConfigMap: MaxSecretSize). */
const most = 1024 * 1024;

/** A mounted file exists, is a regular file, and fits into the app's ConfigMap. */
export function checkFiles(root: string, { apps }: Repository): Problem[] {
  const files = new AppFiles(root);
  return apps.flatMap((app) => checkApp(app, files));
}

function checkApp({ name, source, value }: Loaded<App>, files: AppFiles): Problem[] {
  const stored = new Map(files.stored({ name, files: value.files }).map((file) => [file.path, file]));
  const problems = Object.entries(value.files).flatMap(([path, file]): Problem[] => {
    const report = (code: string, what: string, why: string, fix: string) => [
      problemAt(source, ['files', path], { code, what, why, fix }),
    ];
    const found = stored.get(file);
    if (found === undefined) {
      return report(
        'no-file',
        `there is no file apps/${name}/${file} that Git would store`,
        'its content is to be mounted, and every machine must render the same',
        `write apps/${name}/${file}; where it is there, a .gitignore names it`,
      );
    }
    if (found.mode === '120000') {
      return report(
        'file-is-link',
        `apps/${name}/${file} is a symbolic link`,
        'what it leads to is not reviewed with the app',
        'put the file there',
      );
    }
    return [];
  });
  const size = [...stored.values()].reduce((sum, { content }) => sum + content.length, 0);
  if (size <= most) return problems;
  const words = {
    code: 'files-too-large',
    what: `the files of '${name}' have ${size} bytes together`,
    why: `they become one ConfigMap, and the API server takes none of more than ${most}`,
    fix: 'put what is large into the image',
  };
  return [...problems, problemAt(source, ['files'], words, 'key')];
}
