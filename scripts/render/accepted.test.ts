import { load } from 'js-yaml';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { accepted } from '../../test/model/accepted.ts';
import { withPlatform } from '../../test/model/fixture.ts';
import { renderAll } from './render.ts';

it.each(accepted)('%s is rendered, and two parsers read the same', async (_, edits) => {
  const { files } = await withPlatform(edits, (root) => renderAll(root));
  const apps = edits.flatMap(([file]) => /^apps\/(.*)\/app\.ts$/.exec(file)?.[1] ?? []);
  for (const app of apps)
    expect([...files.keys()]).toContain(`manifests/dev/${app}/serviceaccount-${app}.yaml`);
  for (const text of files.values()) expect(load(text)).toEqual(parse(text));
});
