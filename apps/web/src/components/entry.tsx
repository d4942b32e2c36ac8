import { useMutation } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { Form } from 'react-aria-components/Form';
import type * as z from 'zod/mini';
import { Problem } from './problem.tsx';

interface EntryProps<Input> {
  /** Name of the form for screen readers. */
  label: string;
  schema: z.ZodMiniType<Input>;
  /** Fields that hold several values. Default: none. */
  lists?: readonly string[];
  send: (input: Input) => Promise<unknown>;
  /** Text of the button. */
  action: string;
  /** Said after a success. */
  done: string;
  /** Whether the fields keep their values after a success. Default: they are emptied. */
  keeps?: boolean;
  children: ReactNode;
}

/**
 * A form. Its values are checked with a schema before they are sent; the first field that is wrong gets the focus. The fields keep
 * what was typed until it was accepted.
 */
export function Entry<Input>(props: EntryProps<Input>) {
  const { label, schema, lists = [], send, action, done, keeps = false, children } = props;
  const [errors, setErrors] = useState<Record<string, string[]>>({});
  const sending = useMutation({ mutationFn: send });

  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (sending.isPending) return;
    const form = event.currentTarget;
    const read = schema.safeParse(valuesOf(form, lists));
    if (!read.success) {
      const found = errorsByField(read.error);
      setErrors(found);
      focusFirst(form, Object.keys(found));
      return;
    }
    setErrors({});
    sending.mutate(read.data, { onSuccess: () => (keeps ? undefined : form.reset()) });
  };

  return (
    <Form
      aria-label={label}
      onSubmit={submit}
      validationErrors={errors}
      validationBehavior="aria"
      className="entry"
    >
      {children}
      <Problem error={sending.error} />
      <Button type="submit" isPending={sending.isPending} className="main">
        {action}
      </Button>
      <p role="status">{sending.isPending ? 'Sending…' : sending.isSuccess ? done : ''}</p>
    </Form>
  );
}

function valuesOf(form: HTMLFormElement, lists: readonly string[]): Record<string, unknown> {
  const data = new FormData(form);
  return {
    ...Object.fromEntries(data),
    ...Object.fromEntries(lists.map((name) => [name, data.getAll(name)])),
  };
}

function errorsByField(error: z.core.$ZodError): Record<string, string[]> {
  const byField: Record<string, string[]> = {};
  for (const { path, message } of error.issues) {
    const field = String(path[0]);
    byField[field] = [...new Set([...(byField[field] ?? []), message])];
  }
  return byField;
}

function focusFirst(form: HTMLFormElement, names: readonly string[]): void {
  const first = [...form.elements].find((element) => names.includes(element.getAttribute('name') ?? ''));
  if (first instanceof HTMLElement) first.focus();
}
