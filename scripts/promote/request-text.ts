import type { PublishedVersion } from '../../model/schema/published-images.ts';
import type { Git } from '../delivery/git.ts';
import { listOfChanges } from '../notes/markdown.ts';
import { changesOfApp } from '../notes/source-changes.ts';
import { fenced } from '../review/text.ts';

/** The text of a promotion's request: the commits that the version brings, and its effects. */
export async function requestText(
  git: Git,
  given: {
    app: string;
    to: string;
    title: string;
    risk: string;
    before: PublishedVersion | undefined;
    after: PublishedVersion;
  },
): Promise<string> {
  const { app, to, title, risk, before, after } = given;
  const commits = before && listOfChanges(await changesOfApp(git, app, { before, after }));
  const brings = commits ? `Since the version that ${to} runs:\n\n${commits}\n` : '';
  return `${title}\n\n${brings}What it does in ${to}:\n\n${fenced(risk)}`;
}
