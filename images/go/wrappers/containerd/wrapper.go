//go:build wrapper

// Package wrapper pins the commands of containerd: the imports below are what go.mod and go.sum are resolved for.
package wrapper

import (
	_ "github.com/containerd/containerd/v2/cmd/containerd"
	_ "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2"
	_ "github.com/containerd/containerd/v2/cmd/ctr"
)
