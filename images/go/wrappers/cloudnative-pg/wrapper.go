//go:build wrapper

// Package wrapper pins CloudNativePG: the imports below are what go.mod and go.sum are resolved for.
package wrapper

import _ "github.com/cloudnative-pg/cloudnative-pg/cmd/manager"
