//go:build wrapper

// Package wrapper pins trust-manager: the imports below are what go.mod and go.sum are resolved for.
package wrapper

import _ "github.com/cert-manager/trust-manager/cmd/trust-manager"
