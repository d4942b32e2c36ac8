//go:build wrapper

// Package wrapper pins the local path provisioner: the imports below are what go.mod and go.sum are resolved for.
package wrapper

import _ "github.com/rancher/local-path-provisioner"
