#!/bin/sh
# approve-kubelet.sh NODE ADDRESS: has the cluster sign the certificate by which the kubelet of NODE proves itself, where it asks
# for its own name and ADDRESS and for nothing else. Ends when the kubelet serves one that the cluster has signed.
set -eu
export KUBECONFIG=/etc/kubernetes/admin.conf
node=$1 address=$2 seconds=60
approve() {
  requests=$(kubectl get csr --field-selector=spec.signerName=kubernetes.io/kubelet-serving \
    --output="jsonpath={range .items[?(@.spec.username==\"system:node:$node\")]}{.metadata.name}:{.status.conditions[0].type}{\"\\n\"}{end}")
  for request in $requests; do
    [ "${request#*:}" = '' ] || continue
    name=${request%:*}
    asks=$(kubectl get csr "$name" --output='jsonpath={.spec.request}' | base64 --decode | openssl req -noout -text |
      grep --after-context=1 'Subject Alternative Name' | tail --lines=1 | tr --delete ' ')
    [ "$asks" = "DNS:$node,IPAddress:$address" ] || { echo "$name of $node asks for $asks" >&2; exit 1; }
    kubectl certificate approve "$name"
  done
}
serves() {
  timeout 5 openssl s_client -connect "$address:10250" -CAfile /etc/kubernetes/pki/ca.crt -verify_return_error \
    < /dev/null > /dev/null 2>&1
}
approve
until serves; do
  # A kubelet that is started again as it joins forgets what it asked for, and asks anew.
  [ "$seconds" -gt 0 ] || { echo "the kubelet of $node serves no certificate of this cluster at $address:10250" >&2; exit 1; }
  seconds=$((seconds - 1))
  sleep 1
  approve
done
