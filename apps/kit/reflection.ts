import { createFileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { status } from '@grpc/grpc-js';
import type {
  ServerReflectionRequest,
  ServerReflectionResponse,
  ServerReflectionServer,
} from './generated/reflection.ts';

type Answer = NonNullable<ServerReflectionResponse['messageResponse']>;

/**
 * gRPC's server reflection protocol, so that grpcurl needs no .proto file. `services` are those that are
 * served; `sets` are FileDescriptorSets in base64 and may hold more.
 */
export function reflection(services: readonly string[], sets: readonly string[]): ServerReflectionServer {
  const registries = sets.map((set) =>
    createFileRegistry(fromBinary(FileDescriptorSetSchema, Buffer.from(set, 'base64'))),
  );
  const files = registries.flatMap((registry) => [...registry.files]);

  const fileNamed = (name: string) => files.find(({ proto }) => proto.name === name)?.proto;
  const fileWith = (symbol: string) => {
    // A method is asked for by the name of its service and its own.
    const [, service = symbol] = /^(.+)\.[^.]+$/.exec(symbol) ?? [];
    for (const registry of registries) {
      const found = registry.get(symbol) ?? registry.getService(service);
      if (found) return found.kind === 'extension' ? undefined : found.file.proto;
    }
    return undefined;
  };

  const answer = ({ messageRequest: asked }: ServerReflectionRequest): Answer => {
    if (asked?.$case === 'listServices') {
      const service = [...services].sort().map((name) => ({ name }));
      return { $case: 'listServicesResponse', value: { service } };
    }
    const file =
      asked?.$case === 'fileByFilename'
        ? fileNamed(asked.value)
        : asked?.$case === 'fileContainingSymbol'
          ? fileWith(asked.value)
          : undefined;
    if (file === undefined) {
      const errorMessage = asked ? `${asked.value} is not known here` : 'this request is not known here';
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
