//go:build wrapper

// Package wrapper pins versitygw: the imports below are what go.mod and go.sum are resolved for.
package wrapper

import _ "github.com/versity/versitygw/cmd/versitygw"
