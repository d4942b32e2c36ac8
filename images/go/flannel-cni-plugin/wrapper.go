//go:build wrapper

// Package wrapper pins flannel's CNI plugin: the imports below are what go.mod and go.sum are resolved for.
package wrapper

import _ "github.com/containernetworking/plugins/plugins/meta/flannel"
