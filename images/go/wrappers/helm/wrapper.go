//go:build wrapper

// Package wrapper pins helm: the imports below are what go.mod and go.sum are resolved for.
package wrapper

import _ "helm.sh/helm/v4/cmd/helm"
