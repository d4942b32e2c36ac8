#!/bin/sh
# forget-member.sh NODE: takes out of etcd the member of a machine that had this name and is gone. kubeadm adds no member while
# one that is counted does not answer.
set -eu
pki=/etc/kubernetes/pki/etcd
etcd() {
  etcdctl --endpoints=https://127.0.0.1:2379 --cacert=$pki/ca.crt --cert=$pki/healthcheck-client.crt --key=$pki/healthcheck-client.key "$@"
}
id=$(etcd member list --write-out=simple | awk -F', ' -v name="$1" '$3 == name { print $1 }')
[ -z "$id" ] || etcd member remove "$id"
