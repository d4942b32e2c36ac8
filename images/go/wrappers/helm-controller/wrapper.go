//go:build wrapper

// Package wrapper pins Flux's helm-controller: the imports below are what go.mod and go.sum are resolved for.
package wrapper

import _ "github.com/fluxcd/helm-controller"
