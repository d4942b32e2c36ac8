/**
 * Escapes a text so that the process gets it unchanged: in variables, commands and arguments Kubernetes
 * replaces `$(NAME)` with that variable and `$$` with `$`
 * (k8s.io/kubernetes/third_party/forked/golang/expansion).
 */
export function literal(text: string): string {
  return text.replaceAll(/\$(?=[$(])/g, '$$$$');
}
