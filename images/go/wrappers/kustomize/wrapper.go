//go:build wrapper

// Package wrapper pins kustomize: the imports below are what go.mod and go.sum are resolved for.
package wrapper

import _ "sigs.k8s.io/kustomize/kustomize/v5"
