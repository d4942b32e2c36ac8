// registry-door stands before the registry of an environment whose overlay is `tls`, in the same pod.
//
//	serve   lets nodes read by the certificate of their kubelet, and people read and push by a login; nobody deletes
//	close   waits until nobody pushes, refuses pushes from then on, and drops the manifests that nothing keeps
//	open    takes pushes again
//
// `close` and `open` run before and after `registry garbage-collect`, which must not run beside a push. They and `serve`
// speak by files on the registry's volume, so that the clean-up needs no right in the cluster.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		slog.Error("registry-door ended", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("say what to do: serve, close or open")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	data := flags.String("data", "/var/lib/registry", "folder of the registry's volume")
	switch args[0] {
	case "serve":
		var given settings
		flags.StringVar(&given.listen, "listen", ":5000", "address for HTTPS")
		flags.StringVar(&given.gateway, "gateway", ":5080", "address for what the gateway brings, whose TLS ends there")
		flags.StringVar(&given.loopback, "loopback", "127.0.0.1:5001", "address without a login: of a port-forward of the API server")
		flags.StringVar(&given.health, "health", ":8080", "address for probes")
		flags.StringVar(&given.upstream, "upstream", "http://127.0.0.1:5002", "the registry")
		flags.StringVar(&given.certificate, "certificate", "/etc/registry-tls/tls.crt", "certificate of the server")
		flags.StringVar(&given.key, "key", "/etc/registry-tls/tls.key", "its key")
		flags.StringVar(&given.nodes, "nodes", "/etc/registry-nodes/ca.crt", "CA of the kubelets' certificates")
		flags.StringVar(&given.logins, "logins", "/etc/registry-logins/htpasswd", "names and bcrypt hashes, a line each")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		given.data = *data
		return serve(ctx, given)
	case "close":
		keep := flags.String("keep", "/etc/registry-keep/keep", "file of what stays: REPOSITORY@DIGEST or REPOSITORY:TAG, a line each")
		age := flags.Duration("age", 720*time.Hour, "what was pushed since then stays too")
		quiet := flags.Duration("quiet", 2*time.Minute, "how long nobody may have pushed")
		patience := flags.Duration("patience", 30*time.Minute, "how long to wait for that")
		hours := flags.Duration("closed", time.Hour, "when pushes are taken again even if `open` never comes")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		if err := closeDoor(ctx, *data, *quiet, *patience, *hours); err != nil {
			return err
		}
		kept, err := readKeep(*keep)
		if err != nil {
			return err
		}
		return prune(*data, kept, time.Now().Add(-*age))
	case "open":
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		return openDoor(*data)
	}
	return fmt.Errorf("%q is none of serve, close and open", args[0])
}
