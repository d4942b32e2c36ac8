// The pod that answers one HTTP-01 challenge of an ACME server, with the flags that cert-manager's controller gives it;
// the module of upstream's command is not published.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/spf13/pflag"

	cmdutil "github.com/cert-manager/cert-manager/internal/cmd/util"
	"github.com/cert-manager/cert-manager/pkg/issuer/acme/http/solver"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
)

func main() {
	var server solver.HTTP01Solver
	pflag.IntVar(&server.ListenPort, "listen-port", 8089, "where the gateway asks")
	pflag.StringVar(&server.Domain, "domain", "", "the host that is asked for")
	pflag.StringVar(&server.Token, "token", "", "of the challenge")
	pflag.StringVar(&server.Key, "key", "", "the answer")
	pflag.Parse()
	logf.InitLogs()
	ctx, exit := cmdutil.SetupExitHandler(context.Background(), cmdutil.GracefulShutdown)
	defer exit()
	go func() {
		<-ctx.Done()
		ending, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(ending)
	}()
	if err := server.Listen(logf.Log); !errors.Is(err, http.ErrServerClosed) {
		fmt.Fprintln(os.Stderr, "acmesolver:", err)
		os.Exit(1)
	}
}
