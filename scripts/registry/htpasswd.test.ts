import { expect, it } from 'vitest';
import { loginName, loginsIn, withLogin, withoutLogin } from './htpasswd.ts';

it('adds a login, replaces the hash of an existing one and removes one, without changes to the others', () => {
  const two = withLogin(withLogin('', 'ci', '$2b$10$one'), 'ann', '$2b$10$two');
  expect(two).toBe('ann:$2b$10$two\nci:$2b$10$one\n');
  expect(withLogin(two, 'ci', '$2b$10$three')).toBe('ann:$2b$10$two\nci:$2b$10$three\n');
  expect(withoutLogin(two, 'ann')).toBe('ci:$2b$10$one\n');
  // 'an' is the beginning of another name, and is nobody's.
  expect(withoutLogin(two, 'an')).toBe(two);
  expect(loginsIn(`\n${two}`)).toEqual(['ann', 'ci']);
});

it.each(['', 'a:b', 'Ann', '-ann', 'a b', 'x'.repeat(64)])("refuses '%s' as the name of a login", (name) => {
  expect(loginName.safeParse(name).success).toBe(false);
});
