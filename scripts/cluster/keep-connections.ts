import type { KubeConfig, RequestContext } from '@kubernetes/client-node';

/** Authentication by a kubeconfig, which would open new connections for every request; here all requests share those of the first. */
export function keepingConnections(config: KubeConfig) {
  let connections: ReturnType<RequestContext['getDispatcher']>;
  return {
    getName: () => config.getName(),
    applySecurityAuthentication: async (request: RequestContext): Promise<void> => {
      await config.applySecurityAuthentication(request);
      connections ??= request.getDispatcher();
      if (connections !== undefined) request.setDispatcher(connections);
    },
  };
}
