//go:build wrapper

// Package wrapper pins distribution's registry: the imports below are what go.mod and go.sum are resolved for.
package wrapper

import _ "github.com/distribution/distribution/v3/cmd/registry"
