import { npmCommand, runCommand } from './cli/command.ts';
import { gitIn } from './delivery/git.ts';
import { diff } from './diff/diff.ts';
import { repositoryRoot } from './repository/read-cluster.ts';
import { reviewPlace, writeComment } from './review/comment.ts';
import { reviewText } from './review/text.ts';

const program = npmCommand('review')
  .description(
    'Writes the effects of a change as a comment to its pull request, in a job of GitHub Actions, Gitea, Forgejo or GitLab CI. The next run changes that comment. On a laptop it prints the text.',
  )
  .option('--from <commit>', 'commit to compare with', 'origin/main')
  .addHelpText(
    'after',
    '\nToken: PLINTH_FORGE_TOKEN.\n\nExit code: 0, also if the effects are grave: people decide. 1 on errors.',
  )
  .parse();

await runCommand(async () => {
  const { from } = program.opts<{ from: string }>();
  const place = reviewPlace(process.env);
  const git = gitIn(repositoryRoot);
  const base = (await git(['merge-base', from, 'HEAD'])).trim();
  const commit = (await git(['rev-parse', 'HEAD'])).trim();
  const text = reviewText(await diff(repositoryRoot, base), commit);
  if (place === undefined) {
    process.stdout.write(text);
    return 0;
  }
  const done = await writeComment(place, text);
  const words = { added: 'added', changed: 'changed', same: 'there already' };
  process.stdout.write(`the comment is ${words[done]}\n`);
  return 0;
});
