// cert-manager's webhook, run by the same configuration file as upstream's command, whose module is not published.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	cmdutil "github.com/cert-manager/cert-manager/internal/cmd/util"
	cmwebhook "github.com/cert-manager/cert-manager/internal/webhook"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	fileutil "github.com/cert-manager/cert-manager/pkg/util/configfile"
	"github.com/cert-manager/cert-manager/pkg/webhook/configfile"
)

func main() {
	path := flag.String("config", "", "file with a WebhookConfiguration")
	flag.Parse()
	ctx, exit := cmdutil.SetupExitHandler(context.Background(), cmdutil.GracefulShutdown)
	defer exit()
	if err := run(ctx, *path); err != nil {
		fmt.Fprintln(os.Stderr, "webhook:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, path string) error {
	loader, err := fileutil.NewConfigurationFSLoader(nil, path)
	if err != nil {
		return err
	}
	file := configfile.New()
	if err := loader.Load(file); err != nil {
		return err
	}
	logf.InitLogs()
	if err := logf.ValidateAndApply(&file.Config.Logging); err != nil {
		return err
	}
	ctx = logf.NewContext(ctx, logf.Log, "webhook")
	server, err := cmwebhook.NewCertManagerWebhookServer(logf.FromContext(ctx), *file.Config)
	if err != nil {
		return err
	}
	return server.Run(ctx)
}
