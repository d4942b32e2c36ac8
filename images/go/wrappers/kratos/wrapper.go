//go:build wrapper

// Package wrapper pins Ory Kratos: the imports below are what go.mod and go.sum are resolved for.
package wrapper

import _ "github.com/ory/kratos"
