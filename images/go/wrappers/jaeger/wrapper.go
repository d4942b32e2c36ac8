//go:build wrapper

// Package wrapper pins Jaeger: the imports below are what go.mod and go.sum are resolved for.
package wrapper

import _ "github.com/jaegertracing/jaeger/cmd/jaeger"
