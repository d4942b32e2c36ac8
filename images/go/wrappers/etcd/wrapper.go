//go:build wrapper

// Package wrapper pins etcd: the imports below are what go.mod and go.sum are resolved for.
package wrapper

import _ "go.etcd.io/etcd/server/v3"
