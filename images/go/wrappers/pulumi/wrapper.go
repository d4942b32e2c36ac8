//go:build wrapper

// Package wrapper pins Pulumi's command: the imports below are what go.mod and go.sum are resolved for.
package wrapper

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
