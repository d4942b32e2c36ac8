import { readFileSync } from 'node:fs';
import { createTransport } from 'nodemailer';
import { z } from 'zod';

/** A mail of plain text: what people wrote is text in it, too. */
export interface Mail {
  to: string;
  subject: string;
  text: string;
}

/** Sends mail. */
export interface Mailer {
  send(mail: Mail): Promise<void>;
  close(): void;
}

/** As the edge `uses: [{ kind: 'mail' }]` of app.ts sets the environment. */
const variables = z.object({
  SMTP_HOST: z.string().min(1),
  SMTP_PORT: z.coerce.number().int(),
  /** `none`: Mailpit in the same cluster alone. */
  SMTP_TLS: z.enum(['starttls', 'implicit', 'none']),
  /** File of the CA that issued the server's certificate. Default: public authorities. */
  SMTP_CA: z.string().optional(),
  SMTP_USER: z.string().optional(),
  SMTP_PASSWORD: z.string().optional(),
});

/** `from`: address of the sender. Throws where the environment names no server. */
export function mailerFrom(env: NodeJS.ProcessEnv, from: string): Mailer {
  const read = variables.safeParse(env);
  if (!read.success) throw new Error(`the variables of mail: ${z.prettifyError(read.error)}`);
  const { SMTP_HOST, SMTP_PORT, SMTP_TLS, SMTP_CA, SMTP_USER, SMTP_PASSWORD } = read.data;
  const transport = createTransport({
    host: SMTP_HOST,
    port: SMTP_PORT,
    secure: SMTP_TLS === 'implicit',
    requireTLS: SMTP_TLS === 'starttls',
    ignoreTLS: SMTP_TLS === 'none',
    ...(SMTP_CA === undefined ? {} : { tls: { ca: readFileSync(SMTP_CA, 'utf8') } }),
    ...(SMTP_USER === undefined ? {} : { auth: { user: SMTP_USER, pass: SMTP_PASSWORD ?? '' } }),
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    socketTimeout: 10_000,
    // A mail is text of ours: nothing is read from files or addresses.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    send: async (mail) => {
      await transport.sendMail({ from, ...mail });
    },
    close: () => transport.close(),
  };
}
