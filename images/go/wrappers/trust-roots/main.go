// trust-roots keeps, for each authority, a ConfigMap with the public root certificates that are trusted. Which
// generations those are stands in the ConfigMap's annotation, from Git; the certificates come from the status of
// cert-manager's CertificateRequests, which hold no key: this program may not read a Secret.
//
// Within a trusted generation a root is added and none taken away before it expires, so that a CA Secret that was lost
// and made anew breaks nobody who still holds a certificate of the old one.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// Where the authorities' CA Certificates are, where their roots go, and the label that both carry.
const (
	requestsPath = "/apis/cert-manager.io/v1/namespaces/cert-manager/certificaterequests"
	rootsPath    = "/api/v1/namespaces/trust/configmaps"
	label        = "plinth.io/authority"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	api, err := inCluster()
	if err != nil {
		slog.Error("no API server", "error", err)
		os.Exit(1)
	}
	changed := make(chan struct{}, 1)
	requests := watch[certificateRequest](ctx, api, requestsPath, changed)
	configMaps := watch[configMap](ctx, api, rootsPath, changed)
	var ready atomic.Bool
	go health(&ready)
	retry := time.NewTicker(10 * time.Second)
	failed := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-retry.C:
			if !failed {
				continue
			}
		}
		all, ok := requests.items()
		maps, known := configMaps.items()
		if !ok || !known {
			continue
		}
		failed = false
		for _, existing := range maps {
			wanted := roots(existing, all, time.Now())
			if same(existing.Data, wanted) {
				continue
			}
			if err := api.applyData(ctx, existing.Metadata.Name, wanted); err != nil {
				slog.Error("could not write", "configMap", existing.Metadata.Name, "error", err)
				failed = true
				continue
			}
			slog.Info("wrote roots", "configMap", existing.Metadata.Name, "roots", len(wanted))
		}
		ready.Store(true)
	}
}

// health answers once the roots have been looked at for the first time.
func health(ready *atomic.Bool) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(response http.ResponseWriter, _ *http.Request) {
		if !ready.Load() {
			http.Error(response, "has not seen the API server's objects yet", http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("GET /healthz", func(response http.ResponseWriter, _ *http.Request) { fmt.Fprintln(response, "ok") })
	server := &http.Server{Addr: ":8080", Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	slog.Error("health server ended", "error", server.ListenAndServe())
	os.Exit(1)
}
