#!/bin/sh
# approve-kubelet.sh NODE ADDRESS SECONDS: has the cluster sign the certificate by which the kubelet of NODE proves itself, where
# it asks for its own name and ADDRESS and for nothing else. Looks for a request for SECONDS; with 0 there need not be one.
set -eu
export KUBECONFIG=/etc/kubernetes/admin.conf
node=$1 address=$2 seconds=$3
requests() {
  kubectl get csr --field-selector=spec.signerName=kubernetes.io/kubelet-serving \
    --output="jsonpath={range .items[?(@.spec.username==\"system:node:$node\")]}{.metadata.name}:{.status.conditions[0].type}{\"\\n\"}{end}"
}
found=$(requests)
while [ -z "$found" ] && [ "$seconds" -gt 0 ]; do
  sleep 1
  seconds=$((seconds - 1))
  found=$(requests)
  [ -n "$found" ] || [ "$seconds" -gt 0 ] || { echo "the kubelet of $node has asked for no certificate" >&2; exit 1; }
done
for request in $found; do
  [ "${request#*:}" = '' ] || continue
  name=${request%:*}
  asks=$(kubectl get csr "$name" --output='jsonpath={.spec.request}' | base64 --decode | openssl req -noout -text |
    grep --after-context=1 'Subject Alternative Name' | tail --lines=1 | tr --delete ' ')
  [ "$asks" = "DNS:$node,IPAddress:$address" ] || { echo "$name of $node asks for $asks" >&2; exit 1; }
  kubectl certificate approve "$name"
done
