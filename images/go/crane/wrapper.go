//go:build wrapper

// Package wrapper pins crane: the imports below are what go.mod and go.sum are resolved for.
package wrapper

import _ "github.com/google/go-containerregistry/cmd/crane"
