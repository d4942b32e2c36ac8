import { createFileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { type ServiceDefinition, status } from '@grpc/grpc-js';
import {
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  type ServerReflectionServer,
  ServerReflectionService,
} from './generated/reflection.ts';

type Answer = NonNullable<ServerReflectionResponse['messageResponse']>;

/** The messages are the same in both; some clients know only the older name. */
const packages = ['grpc.reflection.v1', 'grpc.reflection.v1alpha'];

/** The protocol under both names. */
export function reflectionServices(
  implementation: ServerReflectionServer,
): { definition: ServiceDefinition; implementation: ServerReflectionServer }[] {
  const { serverReflectionInfo } = ServerReflectionService;
  return packages.map((name) => ({
    definition: {
      serverReflectionInfo: {
        ...serverReflectionInfo,
        path: `/${name}.ServerReflection/ServerReflectionInfo`,
      },
    },
    implementation,
  }));
}

/**
 * The server reflection protocol of gRPC, so that grpcurl needs no .proto file. `services` are the served
 * ones; `sets` are FileDescriptorSets in base64 and can have more.
 */
export function reflection(services: readonly string[], sets: readonly string[]): ServerReflectionServer {
  const registries = sets.map((set) =>
    createFileRegistry(fromBinary(FileDescriptorSetSchema, Buffer.from(set, 'base64'))),
  );
  const files = registries.flatMap((registry) => [...registry.files]);

  const fileNamed = (name: string) => files.find(({ proto }) => proto.name === name)?.proto;
  const fileWith = (symbol: string) => {
    // A method is requested as SERVICE.METHOD.
    const [, service = symbol] = /^(.+)\.[^.]+$/.exec(symbol) ?? [];
    for (const registry of registries) {
      const found = registry.get(symbol) ?? registry.getService(service);
      if (found) return found.kind === 'extension' ? undefined : found.file.proto;
    }
    return undefined;
  };

  const answer = ({ messageRequest: asked }: ServerReflectionRequest): Answer => {
    if (asked?.$case === 'listServices') {
      const own = packages.map((name) => `${name}.ServerReflection`);
      const service = [...services, ...own].sort().map((name) => ({ name }));
      return { $case: 'listServicesResponse', value: { service } };
    }
    const file =
      asked?.$case === 'fileByFilename'
        ? fileNamed(asked.value)
        : asked?.$case === 'fileContainingSymbol'
          ? fileWith(asked.value)
          : undefined;
    if (file === undefined) {
      const errorMessage = asked ? `unknown: ${asked.value}` : 'unknown request';
      const errorCode = asked ? status.NOT_FOUND : status.UNIMPLEMENTED;
      return { $case: 'errorResponse', value: { errorCode, errorMessage } };
    }
    const fileDescriptorProto = [Buffer.from(toBinary(FileDescriptorProtoSchema, file))];
    return { $case: 'fileDescriptorResponse', value: { fileDescriptorProto } };
  };

  return {
    serverReflectionInfo: (call) => {
      call.on('data', (request: ServerReflectionRequest) => {
        call.write({ validHost: request.host, originalRequest: request, messageResponse: answer(request) });
      });
      call.on('end', () => call.end());
    },
  };
}
