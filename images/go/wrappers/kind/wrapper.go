//go:build wrapper

// Package wrapper pins kind: the imports below are what go.mod and go.sum are resolved for.
package wrapper

import _ "sigs.k8s.io/kind"
