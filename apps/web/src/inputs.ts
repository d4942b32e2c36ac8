import * as z from 'zod/mini';

/*
 * What forms take. The API checks the same again, by its own schemas; these say it beside the field, before anything is sent.
 */

const name = z
  .string()
  .check(z.trim(), z.minLength(1, 'Give a name.'), z.maxLength(200, 'At most 200 characters.'));

const email = z
  .string()
  .check(
    z.trim(),
    z.email('Write an address such as ada@example.org.'),
    z.maxLength(254, 'At most 254 characters.'),
  );

const roles = z.array(z.string()).check(z.minLength(1, 'Choose at least one role.'));

/** Texts with spaces or lines between them. */
const permissions = z.pipe(
  z.string(),
  z.pipe(
    z.transform((text: string) => text.split(/[\s,]+/).filter((each) => each !== '')),
    z
      .array(
        z
          .string()
          .check(
            z.regex(
              /^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/,
              "Each is a thing and a verb, such as 'orders.place'.",
            ),
          ),
      )
      .check(z.minLength(1, "Name at least one, such as 'orders.place'."), z.maxLength(100, 'At most 100.')),
  ),
);

const wholeDays = (least: number, most: number) =>
  z.pipe(
    z.string().check(z.regex(/^\d{1,5}$/, 'Write a whole number.')),
    z.pipe(
      z.transform(Number),
      z.number().check(z.minimum(least, `At least ${least}.`), z.maximum(most, `At most ${most}.`)),
    ),
  );

export const organisationInput = z.object({ name });
export const organisationSettings = z.object({ name, auditDays: wholeDays(30, 3650) });
export const invitationInput = z.object({ email, roles });
export const rolesInput = z.object({ roles });
export const roleInput = z.object({
  role: z
    .string()
    .check(
      z.trim(),
      z.regex(/^[a-z][a-z0-9-]{0,39}$/, "At most 40 letters a-z, digits and '-', such as 'clerk'."),
    ),
  description: z.string().check(z.trim(), z.maxLength(200, 'At most 200 characters.')),
  permissions,
});
export const keyInput = z.object({ name, scopes: permissions, days: wholeDays(1, 365) });
export const deletionInput = z.object({ email });
export const reasonInput = z.object({
  reason: z
    .string()
    .check(
      z.trim(),
      z.minLength(10, 'Say why, in at least 10 characters.'),
      z.maxLength(500, 'At most 500 characters.'),
    ),
});
export const invitationLink = z.object({
  link: z.pipe(
    z
      .string()
      .check(z.trim(), z.regex(/^(?:https:\/\/\S+#)?[\w-]{1,200}$/, 'Paste the whole link of the mail.')),
    z.transform((text: string) => text.slice(text.indexOf('#') + 1)),
  ),
});
