//go:build wrapper

// Package wrapper pins cosign: the import below is what go.mod and go.sum are resolved for.
package wrapper

import _ "github.com/sigstore/cosign/v3/cmd/cosign"
