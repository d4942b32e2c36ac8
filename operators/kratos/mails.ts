import type { Environment } from '../../model/graph.ts';
import { accountsUrl, mailedLinkPage } from '../../model/sign-in.ts';

type Cluster = Environment['cluster'];

/** Validity of a code or a link in a mail, in minutes. */
export const mailedMinutes = 15;

/** A mail with a code, as Kratos names it, and the field of its template that is the code (Kratos, 'Customizing message templates'). */
interface CodeMail {
  name: 'login_code' | 'registration_code';
  code: 'LoginCode' | 'RegistrationCode';
  /** Completes 'To …'. */
  aim: string;
}

const codeMails: readonly CodeMail[] = [
  { name: 'login_code', code: 'LoginCode', aim: 'sign in' },
  { name: 'registration_code', code: 'RegistrationCode', aim: 'create your account' },
];

/**
 * Templates of the mails with a code, by file name. Beside the code each has a link to a page of accounts. Neither has a text that
 * a visitor chose: whoever asks for a mail to somebody else's address writes nothing in it.
 */
export function mailFiles(cluster: Cluster): Record<string, string> {
  return Object.fromEntries(
    codeMails.flatMap(({ name, code, aim }) => {
      const link = `${accountsUrl(cluster)}${mailedLinkPage}?code={{ .${code} }}`;
      const subject = `${aim.replace(/^./, (letter) => letter.toUpperCase())}: ${cluster.domain}`;
      return Object.entries({
        subject: `${subject}\n`,
        text: textOf(aim, `{{ .${code} }}`, link),
        html: htmlOf(subject, aim, `{{ .${code} }}`, link),
      }).map(([part, text]) => [fileOf(name, part), text]);
    }),
  );
}

/** `courier.templates` of Kratos' configuration. */
export function mailTemplates(folder: string): object {
  return Object.fromEntries(
    codeMails.map(({ name }) => {
      const at = (part: string) => `file://${folder}/${fileOf(name, part)}`;
      return [
        name,
        { valid: { email: { subject: at('subject'), body: { plaintext: at('text'), html: at('html') } } } },
      ];
    }),
  );
}

function fileOf(name: CodeMail['name'], part: string): string {
  return `${name}.${part}.gotmpl`;
}

const once = `Code and link are valid once, for ${mailedMinutes} minutes.`;
const stranger = 'If you did not ask for this mail, do nothing. Tell the code to nobody.';

function textOf(aim: string, code: string, link: string): string {
  return `To ${aim}, type this code on the page that asks for it:

${code}

Or open this link in the same browser:

${link}

${once} ${stranger}
`;
}

function htmlOf(subject: string, aim: string, code: string, link: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${subject}</title></head>
<body>
<p>To ${aim}, type this code on the page that asks for it:</p>
<p><strong>${code}</strong></p>
<p>Or open this link in the same browser:</p>
<p><a href="${link}">${link}</a></p>
<p>${once} ${stranger}</p>
</body>
</html>
`;
}
