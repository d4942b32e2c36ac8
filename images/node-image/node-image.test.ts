import { expect, test } from 'vitest';
import { containerdConfig } from './node-image.ts';

test("Kind's configuration of containerd has our sandbox image and is otherwise unchanged", () => {
  const text = 'a = 1\n  sandbox_image = "registry.k8s.io/pause:3.10"\n  restrict_oom_score_adj = false\n';
  expect(containerdConfig(text, 'registry.k8s.io/pause:9')).toBe(
    'a = 1\n  sandbox_image = "registry.k8s.io/pause:9"\n  restrict_oom_score_adj = true\n',
  );
});
