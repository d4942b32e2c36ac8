//go:build wrapper

// Package wrapper pins VictoriaLogs: the imports below are what go.mod and go.sum are resolved for.
package wrapper

import _ "github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs"
