//go:build wrapper

// Package wrapper pins metrics-server: the imports below are what go.mod and go.sum are resolved for.
package wrapper

import _ "sigs.k8s.io/metrics-server/cmd/metrics-server"
