//go:build wrapper

// Package wrapper pins cert-manager: the imports below are what go.mod and go.sum are resolved for. The commands are
// ours, in instead/, since upstream's are modules of their own that are not published.
package wrapper

import (
	_ "github.com/cert-manager/cert-manager/cmd/acmesolver"
	_ "github.com/cert-manager/cert-manager/cmd/cainjector"
	_ "github.com/cert-manager/cert-manager/cmd/controller"
	_ "github.com/cert-manager/cert-manager/cmd/webhook"
)
