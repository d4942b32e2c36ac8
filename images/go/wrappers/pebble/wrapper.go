//go:build wrapper

// Package wrapper pins Pebble: the imports below are what go.mod and go.sum are resolved for.
package wrapper

import (
	_ "github.com/letsencrypt/pebble/v2/cmd/pebble"
	_ "github.com/letsencrypt/pebble/v2/cmd/pebble-challtestsrv"
)
