#!/bin/bash
# Takes Kubernetes out of the packet filter, and prints what it took: the tables of kube-proxy and flannel, what kube-proxy,
# kube-router and the plugins wrote by iptables, and then kube-router's sets, which those rules name.
set -euo pipefail
nft list tables | while read -r _ family name; do
  case "$name" in
    kube-proxy | flannel-*)
      nft delete table "$family" "$name"
      echo "$family $name"
      ;;
  esac
done
ours='KUBE|CNI-|FLANNEL|kube-router'
for tool in iptables ip6tables; do
  rules=$("$tool-save")
  if grep --quiet --extended-regexp "$ours" <<< "$rules"; then
    grep --invert-match --extended-regexp "$ours" <<< "$rules" | "$tool-restore"
    echo "$tool"
  fi
done
sets=$(ipset list -name)
for set in $sets; do
  [[ $set =~ ^(inet6:)?(KUBE-|kube-router-) ]] || continue
  ipset destroy "$set"
  echo "$set"
done
