package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"time"
)

// settings are the addresses and files of `serve`.
type settings struct {
	listen, gateway, loopback, health, upstream string
	certificate, key, nodes, logins, data       string
}

// caller is who sends a request, as far as it has shown.
type caller int

const (
	stranger caller = iota
	// node: it showed the certificate of a kubelet.
	node
	// pusher: it has a login, or the right to forward a port into this pod.
	pusher
)

// door decides who may do what, and hands the rest to the registry.
type door struct {
	registry http.Handler
	logins   *logins
	closing  *closing
}

func serve(ctx context.Context, given settings) error {
	upstream, err := url.Parse(given.upstream)
	if err != nil {
		return err
	}
	files := newServerFiles(given.certificate, given.key, given.nodes)
	if _, err := files.config(); err != nil {
		return err
	}
	entry := &door{
		registry: &httputil.ReverseProxy{Rewrite: func(request *httputil.ProxyRequest) {
			request.SetURL(upstream)
			request.Out.Host = request.In.Host
			request.Out.Header.Del("Authorization")
		}},
		logins:  &logins{path: given.logins},
		closing: newClosing(given.data),
	}
	go entry.closing.acknowledge(ctx)
	servers := []*http.Server{
		{Addr: given.listen, Handler: entry.by(entry.nodeOrLogin), TLSConfig: &tls.Config{
			MinVersion: tls.VersionTLS12,
			GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
				return files.config()
			},
		}},
		{Addr: given.gateway, Handler: entry.by(entry.login)},
		{Addr: given.loopback, Handler: entry.by(func(*http.Request) caller { return pusher })},
		{Addr: given.health, Handler: health(upstream)},
	}
	return listen(ctx, servers)
}

// listen runs all servers until one fails or ctx ends; then requests that have begun get 25 s to end.
func listen(ctx context.Context, servers []*http.Server) error {
	failed := make(chan error, len(servers))
	for _, server := range servers {
		// A large layer may take an hour: a request has no other bound than that of its header.
		server.ReadHeaderTimeout = 10 * time.Second
		server.IdleTimeout = 2 * time.Minute
		go func() {
			var err error
			if server.TLSConfig != nil {
				err = server.ListenAndServeTLS("", "")
			} else {
				err = server.ListenAndServe()
			}
			if !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("%s: %w", server.Addr, err)
			}
		}()
	}
	var cause error
	select {
	case cause = <-failed:
	case <-ctx.Done():
	}
	end, stop := context.WithTimeout(context.Background(), 25*time.Second)
	defer stop()
	for _, server := range servers {
		cause = errors.Join(cause, server.Shutdown(end))
	}
	return cause
}

// by serves requests of whoever `who` says has sent them.
func (d *door) by(who func(*http.Request) caller) http.Handler {
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		if request.URL.Path != "/v2" && !strings.HasPrefix(request.URL.Path, "/v2/") {
			refuse(response, http.StatusNotFound, "UNSUPPORTED", "this is a registry of images: its API begins with /v2/")
			return
		}
		from := who(request)
		reads := request.Method == http.MethodGet || request.Method == http.MethodHead
		switch {
		case from == stranger:
			response.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
			refuse(response, http.StatusUnauthorized, "UNAUTHORIZED", "sign in: docker login "+request.Host)
		case reads:
			d.registry.ServeHTTP(response, request)
		case from == node:
			refuse(response, http.StatusForbidden, "DENIED", "nodes read; a push needs a login")
		case request.Method == http.MethodDelete && !strings.Contains(request.URL.Path, "/blobs/uploads/"):
			response.Header().Set("Allow", "GET, HEAD, POST, PUT, PATCH")
			refuse(response, http.StatusMethodNotAllowed, "UNSUPPORTED", "nothing is deleted here: the clean-up drops what nothing keeps")
		case !d.closing.begin():
			response.Header().Set("Retry-After", "60")
			refuse(response, http.StatusServiceUnavailable, "UNAVAILABLE", "the registry is being cleaned up, and takes pushes again in a few minutes")
		default:
			defer d.closing.end()
			d.registry.ServeHTTP(response, request)
		}
	})
}

func (d *door) nodeOrLogin(request *http.Request) caller {
	if request.TLS != nil && len(request.TLS.VerifiedChains) > 0 {
		subject := request.TLS.PeerCertificates[0].Subject
		// How Kubernetes names kubelets (Kubernetes, 'Using Node Authorization').
		if slices.Contains(subject.Organization, "system:nodes") && strings.HasPrefix(subject.CommonName, "system:node:") {
			return node
		}
	}
	return d.login(request)
}

func (d *door) login(request *http.Request) caller {
	if name, secret, ok := request.BasicAuth(); ok && d.logins.match(name, secret) {
		return pusher
	}
	return stranger
}

// refuse answers as registries do (OCI Distribution Specification, 'Error Codes').
func refuse(response http.ResponseWriter, status int, code, message string) {
	response.Header().Set("Content-Type", "application/json")
	response.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	response.WriteHeader(status)
	body := map[string]any{"errors": []map[string]string{{"code": code, "message": message}}}
	if err := json.NewEncoder(response).Encode(body); err != nil {
		slog.Debug("the caller hung up", "error", err)
	}
}

// health: this process runs (/healthz), and the registry behind it answers (/readyz).
func health(upstream *url.URL) http.Handler {
	client := &http.Client{Timeout: 2 * time.Second}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(response http.ResponseWriter, _ *http.Request) { fmt.Fprintln(response, "ok") })
	mux.HandleFunc("GET /readyz", func(response http.ResponseWriter, _ *http.Request) {
		answer, err := client.Get(upstream.JoinPath("/v2/").String())
		if err != nil {
			http.Error(response, err.Error(), http.StatusServiceUnavailable)
			return
		}
		answer.Body.Close()
		response.WriteHeader(answer.StatusCode)
	})
	return mux
}
