import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import * as grpc from '@grpc/grpc-js';
import language from '@pulumi/pulumi/proto/language_grpc_pb.js';
import messages from '@pulumi/pulumi/proto/language_pb.js';
import plugin from '@pulumi/pulumi/proto/plugin_pb.js';

/*
 * Replaces `pulumi-language-nodejs` of Pulumi's releases, with the functions that this repository needs: run
 * the program, run the policy pack, name the plugins. A Pulumi built from its Go module has no language host,
 * and the original loads policy packs with ts-node, which does not support TypeScript 7.
 */

const require = createRequire(import.meta.url);

/** Exit code of a program that has already printed its error. */
const TOLD = 32;

/** The installed Pulumi packages with plugins, which the engine downloads if missing. */
function requiredPlugins(): { name: string; version: string }[] {
  const folder = join(require.resolve('@pulumi/pulumi/package.json'), '..', '..');
  return readdirSync(folder).flatMap((name) => {
    const { version, pulumi } = JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8'));
    if (pulumi?.resource !== true) return [];
    return [{ name: pulumi.name ?? name, version: String(pulumi.version ?? version).replace(/^v?/, 'v') }];
  });
}

function programArguments(request: messages.RunRequest, engine: string): string[] {
  const flags: Record<string, string> = {
    monitor: request.getMonitorAddress(),
    engine,
    project: request.getProject(),
    stack: request.getStack(),
    organization: request.getOrganization(),
    'root-directory': request.getInfo()?.getRootDirectory() ?? '',
    pwd: request.getInfo()?.getProgramDirectory() ?? request.getPwd(),
    parallel: String(request.getParallel()),
  };
  const given = Object.entries(flags).filter(([, value]) => value !== '');
  return [
    require.resolve('@pulumi/pulumi/cmd/run'),
    ...given.map(([flag, value]) => `--${flag}=${value}`),
    ...(request.getDryrun() ? ['--dry-run'] : []),
    request.getInfo()?.getEntryPoint() ?? request.getProgram(),
    ...request.getArgsList(),
  ];
}

/** The result of the program, in the terms of the protocol. */
function outcome(code: number | null, signal: NodeJS.Signals | null): messages.RunResponse {
  const response = new messages.RunResponse();
  if (code === TOLD) response.setBail(true);
  else if (code !== 0)
    response.setError(`the program ended with ${code === null ? signal : `exit code ${code}`}`);
  return response;
}

const running = new Set<ChildProcessByStdio<null, Readable, Readable>>();

function node(args: string[], options: { cwd: string; env: NodeJS.ProcessEnv }) {
  const child = spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
}

const service: grpc.UntypedServiceImplementation = {
  handshake: (_call: unknown, callback: grpc.sendUnaryData<messages.LanguageHandshakeResponse>) =>
    callback(null, new messages.LanguageHandshakeResponse()),
  getPluginInfo: (_call: unknown, callback: grpc.sendUnaryData<plugin.PluginInfo>) =>
    callback(null, new plugin.PluginInfo().setVersion('1.0.0')),
  getRequiredPlugins: (_call: unknown, callback: grpc.sendUnaryData<messages.GetRequiredPluginsResponse>) => {
    const response = new messages.GetRequiredPluginsResponse();
    for (const { name, version } of requiredPlugins()) {
      response.addPlugins(
        new plugin.PluginDependency().setName(name).setKind('resource').setVersion(version),
      );
    }
    callback(null, response);
  },
  run: (
    call: grpc.ServerUnaryCall<messages.RunRequest, messages.RunResponse>,
    callback: grpc.sendUnaryData<messages.RunResponse>,
  ) => {
    const { request } = call;
    const child = node(programArguments(request, engineAddress), {
      cwd: request.getPwd(),
      env: {
        ...process.env,
        PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toArray())),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
        PULUMI_NODEJS_TYPESCRIPT: 'false',
      },
    });
    child.stdout.pipe(process.stdout, { end: false });
    child.stderr.pipe(process.stderr, { end: false });
    child.once('close', (code, signal) => callback(null, outcome(code, signal)));
  },
  // A policy pack is a program whose first line of output is its port.
  runPlugin: (call: grpc.ServerWritableStream<messages.RunPluginRequest, messages.RunPluginResponse>) => {
    const { request } = call;
    const cwd = request.getInfo()?.getProgramDirectory() ?? request.getPwd();
    const { main } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'));
    const child = node([join(cwd, main), ...request.getArgsList()], {
      cwd,
      env: Object.fromEntries(request.getEnvList().map((entry) => entry.split(/=(.*)/s).slice(0, 2))),
    });
    child.stdout.on('data', (chunk: Buffer) => call.write(new messages.RunPluginResponse().setStdout(chunk)));
    child.stderr.on('data', (chunk: Buffer) => call.write(new messages.RunPluginResponse().setStderr(chunk)));
    call.on('cancelled', () => child.kill());
    child.once('close', (code) => {
      call.write(new messages.RunPluginResponse().setExitcode(code ?? 1));
      call.end();
    });
  },
};

/** The engine passes its own address as the last argument. */
const engineAddress = process.argv.at(-1) ?? '';
const server = new grpc.Server({ 'grpc.max_receive_message_length': 400 * 2 ** 20 });
const implemented = Object.fromEntries(
  Object.entries(language.LanguageRuntimeService).filter(([name]) => name in service),
);
server.addService(implemented as grpc.ServiceDefinition, service);
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  console.log(port);
});
process.once('SIGTERM', () => {
  for (const child of running) child.kill();
  process.exit();
});
