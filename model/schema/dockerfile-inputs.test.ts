import { expect, it } from 'vitest';
import { copiedPaths, isCopied, secretMounts } from './dockerfile-inputs.ts';

const go = `# syntax=docker/dockerfile:1
ARG GO_VERSION=1.26
FROM --platform=$BUILDPLATFORM docker.io/library/golang:\${GO_VERSION}-alpine AS build
WORKDIR /src
COPY go.work go.work.sum ./
RUN --mount=type=bind,source=services/shop/go.mod,target=go.mod \\
    --mount=type=cache,target=/go/pkg/mod go mod download -x
COPY libs/money ./libs/money/
COPY services/shop ./services/shop
RUN --mount=type=cache,target=/root/.cache/go-build CGO_ENABLED=0 go build -o /out/shop ./services/shop

FROM scratch
COPY --from=build --chown=65532 /out/shop /shop
ENTRYPOINT ["/shop"]
`;

const python = `FROM docker.io/library/python:3.13-slim AS base
COPY ["pyproject.toml", "uv.lock", "/app/"]
RUN --mount=type=cache,target=/root/.cache/uv --mount=type=secret,id=PIP_TOKEN,env=PIP_TOKEN <<EOF
pip install uv
COPY nothing /here
EOF
ADD --chown=1000:1000 https://example.org/ca.pem /etc/ca.pem
COPY --chown=1000:1000 apps/shop/src/ /app/src
`;

const rust = `FROM docker.io/library/rust:1.90 AS chef
COPY Cargo.toml Cargo.lock rust-toolchain.tom[l] ./
COPY crates/*/Cargo.toml crates/
COPY \\
  # the sources
  crates \\
  /src/crates
COPY <<EOF /etc/config
source = "none"
EOF
`;

const next = `FROM docker.io/library/node:24-alpine AS deps
COPY package.json package-lock.json* .npmrc* ./
RUN --mount=type=secret,target=/run/secrets/npmrc npm ci
FROM deps AS builder
COPY ./ .
FROM deps AS runner
COPY --from=builder --link /app/.next/standalone ./
COPY /public /public
`;

it.each([
  [
    'Go in a workspace',
    go,
    ['go.work', 'go.work.sum', 'services/shop/go.mod', 'libs/money', 'services/shop'],
    [],
  ],
  ['Python', python, ['pyproject.toml', 'uv.lock', 'apps/shop/src'], ['PIP_TOKEN']],
  ['Rust', rust, ['Cargo.toml', 'Cargo.lock', 'rust-toolchain.tom[l]', 'crates/*/Cargo.toml', 'crates'], []],
  ['Next.js', next, ['package.json', 'package-lock.json*', '.npmrc*', '.', 'public'], ['npmrc']],
])('reads what a Dockerfile for %s copies, and the secrets that it asks for', (_, text, paths, secrets) => {
  expect(copiedPaths(text).map(({ path }) => path)).toEqual(paths);
  expect(secretMounts(text).map(({ id }) => id)).toEqual(secrets);
});

it('shows where in the file a path is written, also in brackets and on a line that goes on', () => {
  const copies = [python, rust].flatMap((text) => copiedPaths(text).map((copy) => ({ text, ...copy })));
  expect(copies.map(({ text, start, end }) => text.slice(start, end))).toEqual(
    copies.map(({ written }) => written),
  );
});

it('does not know a path with a variable', () => {
  expect(copiedPaths('COPY $DIR/a b /x/')).toEqual([
    { written: '$DIR/a', start: 5, end: 11 },
    { written: 'b', start: 12, end: 13, path: 'b' },
  ]);
});

it.each([
  ['src', 'src/a/b.js', true],
  ['src', 'src2/a.js', false],
  ['.', 'any/file', true],
  ['*.json', 'package.json', true],
  ['*.json', 'a/package.json', false],
  ['packages/*/package.json', 'packages/a/package.json', true],
  ['packages/*/package.json', 'packages/a/index.js', false],
  ['packages/*', 'packages/a/index.js', true],
  ['../outside', 'outside', true],
])('COPY %s takes %s: %s', (written, file, taken) => {
  expect(isCopied(file, copiedPaths(`COPY ${written} /x/`))).toBe(taken);
});
