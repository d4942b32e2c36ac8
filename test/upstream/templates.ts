/**
 * Templates of a Helm chart as plain YAML, without Helm: a name that a template makes becomes the name of that template, and
 * every branch of a condition is taken, but of kinds of objects the first. Rights and webhooks are then all that the chart can make. Arguments are mostly
 * conditions and cannot be read this way: `flagsIn`.
 * @param helpers The text of `_helpers.tpl`; its templates with rights are put in.
 */
export function withoutTemplates(text: string, helpers = ''): string {
  return text
    .replaceAll(/\{\{-?\s*\/\*[\s\S]*?\*\/\s*-?\}\}/g, '')
    .replaceAll(/^(\s*kind: \w+\n)[ \t]*\{\{-?\s*else\s*-?\}\}[ \t]*\n\s*kind: \w+\n/gm, '$1')
    .replaceAll(/^[ \t]*\{\{-?\s*(?:include|template)\s+"([^"]+)"[^}]*\}\}[ \t]*$/gm, (_, name: string) => {
      const body = defined(helpers, name);
      return body.includes('apiGroups') ? withoutTemplates(body, helpers) : '';
    })
    .replaceAll(/^[ \t]*\{\{.*\}\}[ \t]*$/gm, '')
    .replaceAll(/\{\{-?\s*(?:include|template)\s+"([^"]+)"[^}]*\}\}/g, '$1')
    .replaceAll(/\{\{-?\s*[.$]?([\w.]+)[^}]*\}\}/g, '$1');
}

/** The body of a named template; empty where the helpers have none of that name. */
function defined(helpers: string, name: string): string {
  const [, rest = ''] = helpers.split(
    new RegExp(`\\{\\{-?\\s*define\\s+"${name.replaceAll('.', '\\.')}"\\s*-?\\}\\}`),
  );
  return rest.split(/\{\{-?\s*define\s/)[0] ?? '';
}
