//go:build wrapper

// Package wrapper pins actionlint: the import below is what go.mod and go.sum are resolved for.
package wrapper

import _ "github.com/rhysd/actionlint/cmd/actionlint"
