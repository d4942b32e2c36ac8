package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"sync"
	"time"
)

const account = "/var/run/secrets/kubernetes.io/serviceaccount/"

type apiServer struct {
	url    string
	client *http.Client
}

func inCluster() (*apiServer, error) {
	host, port := os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT")
	if host == "" || port == "" {
		return nil, errors.New("not in a cluster: KUBERNETES_SERVICE_HOST or _PORT is not set")
	}
	authority, err := os.ReadFile(account + "ca.crt")
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authority) {
		return nil, errors.New("no certificate in " + account + "ca.crt")
	}
	transport := &http.Transport{
		TLSClientConfig:       &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:     true,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		ResponseHeaderTimeout: 30 * time.Second,
	}
	return &apiServer{url: "https://" + net.JoinHostPort(host, port), client: &http.Client{Transport: transport}}, nil
}

// send asks with the token of the moment: it changes about every hour. The caller closes the body.
func (a *apiServer) send(ctx context.Context, method, path, contentType string, body []byte) (io.ReadCloser, error) {
	token, err := os.ReadFile(account + "token")
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, a.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+string(bytes.TrimSpace(token)))
	request.Header.Set("Accept", "application/json")
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := a.client.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode/100 == 2 {
		return response.Body, nil
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(response.Body, 500))
	return nil, fmt.Errorf("%s %s: %s: %s", method, path, response.Status, text)
}

// applyData makes these the fields of `data` that this program owns, by server-side apply; Git owns the rest.
func (a *apiServer) applyData(ctx context.Context, name string, data map[string]string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	body, err := json.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]string{"name": name}, "data": data,
	})
	if err != nil {
		return err
	}
	path := rootsPath + "/" + url.PathEscape(name) + "?fieldManager=trust-roots&force=true"
	response, err := a.send(ctx, http.MethodPatch, path, "application/apply-patch+yaml", body)
	if err != nil {
		return err
	}
	return response.Close()
}

type object interface{ uid() string }

// collection holds all objects of a kind that carry the label, kept current by a watch.
type collection[T object] struct {
	mutex  sync.Mutex
	byID   map[string]T
	listed bool
}

// items are the objects, and whether they have been listed at all.
func (c *collection[T]) items() ([]T, bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return slices.Collect(maps.Values(c.byID)), c.listed
}

func watch[T object](ctx context.Context, api *apiServer, path string, changed chan<- struct{}) *collection[T] {
	found := &collection[T]{byID: map[string]T{}}
	notify := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	go func() {
		for ctx.Err() == nil {
			if err := found.follow(ctx, api, path, notify); err != nil && ctx.Err() == nil {
				slog.Warn("watch ended; listing again", "path", path, "error", err)
				time.Sleep(2 * time.Second)
			}
		}
	}()
	return found
}

// follow lists, then watches from there until the server ends it, at the latest after five minutes.
func (c *collection[T]) follow(ctx context.Context, api *apiServer, path string, notify func()) error {
	query := url.Values{"labelSelector": {label}}
	body, err := api.send(ctx, http.MethodGet, path+"?"+query.Encode(), "", nil)
	if err != nil {
		return err
	}
	var list struct {
		Metadata struct {
			ResourceVersion string `json:"resourceVersion"`
		} `json:"metadata"`
		Items []T `json:"items"`
	}
	err = json.NewDecoder(body).Decode(&list)
	body.Close()
	if err != nil {
		return err
	}
	c.mutex.Lock()
	c.byID = map[string]T{}
	for _, item := range list.Items {
		c.byID[item.uid()] = item
	}
	c.listed = true
	c.mutex.Unlock()
	notify()

	query.Set("watch", "true")
	query.Set("timeoutSeconds", "300")
	query.Set("resourceVersion", list.Metadata.ResourceVersion)
	ctx, cancel := context.WithTimeout(ctx, 330*time.Second)
	defer cancel()
	body, err = api.send(ctx, http.MethodGet, path+"?"+query.Encode(), "", nil)
	if err != nil {
		return err
	}
	defer body.Close()
	decoder := json.NewDecoder(body)
	for {
		var event struct {
			Type   string          `json:"type"`
			Object json.RawMessage `json:"object"`
		}
		if err := decoder.Decode(&event); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if event.Type == "ERROR" {
			return fmt.Errorf("the API server ended the watch: %.300s", event.Object)
		}
		var item T
		if err := json.Unmarshal(event.Object, &item); err != nil {
			return err
		}
		c.mutex.Lock()
		if event.Type == "DELETED" {
			delete(c.byID, item.uid())
		} else {
			c.byID[item.uid()] = item
		}
		c.mutex.Unlock()
		notify()
	}
}
