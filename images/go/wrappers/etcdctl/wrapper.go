//go:build wrapper

// Package wrapper pins the tools of etcd: the imports below are what go.mod and go.sum are resolved for.
package wrapper

import (
	_ "go.etcd.io/etcd/etcdctl/v3"
	_ "go.etcd.io/etcd/etcdutl/v3"
)
