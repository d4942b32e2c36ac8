/**
 * A text that reaches the process as it is written. In the value of a variable, a command and its arguments Kubernetes
 * replaces `$(NAME)` by that variable and `$$` by `$` (k8s.io/kubernetes/third_party/forked/golang/expansion).
 */
export function literal(text: string): string {
  return text.replaceAll(/\$(?=[$(])/g, '$$$$');
}
