import * as grpc from '@grpc/grpc-js';
import plugin from '@pulumi/pulumi/proto/plugin_pb.js';
import service from '@pulumi/pulumi/proto/provider_grpc_pb.js';
import messages from '@pulumi/pulumi/proto/provider_pb.js';
import empties from 'google-protobuf/google/protobuf/empty_pb.js';
import structs from 'google-protobuf/google/protobuf/struct_pb.js';

export type Properties = Record<string, unknown>;

/** Placeholder of a value that is not known yet, in messages of the engine during a preview. */
export const unknown = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

/** A resource as the engine names it. */
export interface Which {
  type: string;
  name: string;
}

/** Test equipment: a provider behind the engine's own protocol, with as much of it as the stacks use. */
export interface LocalProvider {
  /** Why it will not work with this configuration; nothing where it will. */
  configured(config: Properties): string | undefined;
  check(
    which: Which,
    inputs: Properties,
  ): { inputs: Properties; faults: { property: string; reason: string }[] };
  /** Properties whose change makes another resource necessary. */
  replaces(which: Which, olds: Properties, news: Properties): string[];
  /** Outputs that are known before the resource is created, or updated from `olds`; the rest is `unknown`. */
  preview(which: Which, inputs: Properties, olds?: Properties): Properties;
  create(which: Which, inputs: Properties): Promise<{ id: string; outputs: Properties }>;
  /** Nothing where it is gone. */
  read(which: Which, id: string): Properties | undefined;
  update(which: Which, id: string, inputs: Properties): Promise<Properties>;
  delete(which: Which, id: string): void;
  invoke(token: string, args: Properties): Properties;
}

type Unary<In, Out> = (call: grpc.ServerUnaryCall<In, Out>, callback: grpc.sendUnaryData<Out>) => void;

/** Answers the engine's calls at a port of the loopback, for PULUMI_DEBUG_PROVIDERS. */
export async function serve(provider: LocalProvider): Promise<{ port: number; close: () => void }> {
  const server = new grpc.Server({ 'grpc.max_receive_message_length': 64 * 2 ** 20 });
  const methods = methodsOf(provider);
  const known = Object.entries(service.ResourceProviderService).filter(([name]) => name in methods);
  server.addService(Object.fromEntries(known) as grpc.ServiceDefinition, methods);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  return { port, close: () => server.forceShutdown() };
}

function methodsOf(provider: LocalProvider): grpc.UntypedServiceImplementation {
  /** A method whose error reaches the person as its message. */
  const answer =
    <In, Out>(work: (request: In) => Out | Promise<Out>): Unary<In, Out> =>
    async ({ request }, callback) => {
      try {
        callback(null, await work(request));
      } catch (error) {
        callback({ code: grpc.status.UNKNOWN, details: (error as Error).message });
      }
    };
  return {
    attach: answer(() => new empties.Empty()),
    cancel: answer(() => new empties.Empty()),
    getPluginInfo: answer(() => new plugin.PluginInfo().setVersion('0.0.1')),
    checkConfig: answer((request: messages.CheckRequest) => {
      const inputs = properties(request.getNews());
      const fault = provider.configured(inputs);
      const response = new messages.CheckResponse().setInputs(struct(inputs));
      if (fault !== undefined) response.addFailures(new messages.CheckFailure().setReason(fault));
      return response;
    }),
    diffConfig: answer(() =>
      new messages.DiffResponse().setChanges(messages.DiffResponse.DiffChanges.DIFF_NONE),
    ),
    configure: answer(() => new messages.ConfigureResponse().setSupportspreview(true)),
    check: answer((request: messages.CheckRequest) => {
      const { inputs, faults } = provider.check(which(request.getUrn()), properties(request.getNews()));
      const response = new messages.CheckResponse().setInputs(struct(inputs));
      for (const { property, reason } of faults) {
        response.addFailures(new messages.CheckFailure().setProperty(property).setReason(reason));
      }
      return response;
    }),
    diff: answer((request: messages.DiffRequest) => {
      const [olds, news] = [properties(request.getOldInputs()), properties(request.getNews())];
      const changed = changes(olds, news);
      const response = new messages.DiffResponse();
      const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
      response.setChanges(changed.length === 0 ? DIFF_NONE : DIFF_SOME).setDiffsList(changed);
      const replacing = provider.replaces(which(request.getUrn()), olds, news);
      return response.setReplacesList(changed.filter((key) => replacing.includes(key)));
    }),
    create: answer(async (request: messages.CreateRequest) => {
      const [resource, inputs] = [which(request.getUrn()), properties(request.getProperties())];
      if (request.getPreview()) {
        return new messages.CreateResponse().setProperties(struct(provider.preview(resource, inputs)));
      }
      const { id, outputs } = await provider.create(resource, inputs);
      return new messages.CreateResponse().setId(id).setProperties(struct(outputs));
    }),
    read: answer((request: messages.ReadRequest) => {
      const outputs = provider.read(which(request.getUrn()), request.getId());
      if (outputs === undefined) return new messages.ReadResponse();
      return new messages.ReadResponse()
        .setId(request.getId())
        .setProperties(struct(outputs))
        .setInputs(request.getInputs());
    }),
    update: answer(async (request: messages.UpdateRequest) => {
      const [resource, inputs] = [which(request.getUrn()), properties(request.getNews())];
      if (request.getPreview()) {
        const known = provider.preview(resource, inputs, properties(request.getOlds()));
        return new messages.UpdateResponse().setProperties(struct(known));
      }
      const outputs = await provider.update(resource, request.getId(), inputs);
      return new messages.UpdateResponse().setProperties(struct(outputs));
    }),
    delete: answer((request: messages.DeleteRequest) => {
      provider.delete(which(request.getUrn()), request.getId());
      return new empties.Empty();
    }),
    invoke: answer((request: messages.InvokeRequest) =>
      new messages.InvokeResponse().setReturn(
        struct(provider.invoke(request.getTok(), properties(request.getArgs()))),
      ),
    ),
  };
}

/** `urn:pulumi:prod::plinth::parent$aws:ec2/vpc:Vpc::vpc`. */
function which(urn: string): Which {
  const [, , types = '', name = ''] = urn.split('::');
  return { type: types.split('$').at(-1) ?? '', name };
}

function changes(olds: Properties, news: Properties): string[] {
  const keys = new Set([...Object.keys(olds), ...Object.keys(news)]);
  return [...keys].filter(
    (key) => !key.startsWith('__') && JSON.stringify(olds[key]) !== JSON.stringify(news[key]),
  );
}

function properties(value: structs.Struct | undefined): Properties {
  return value === undefined ? {} : (value.toJavaScript() as Properties);
}

function struct(value: Properties): structs.Struct {
  return structs.Struct.fromJavaScript(JSON.parse(JSON.stringify(value)));
}
