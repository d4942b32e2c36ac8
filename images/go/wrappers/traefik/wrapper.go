//go:build wrapper

// Package wrapper pins Traefik: the imports below are what go.mod and go.sum are resolved for.
package wrapper

import _ "github.com/traefik/traefik/v3/cmd/traefik"
