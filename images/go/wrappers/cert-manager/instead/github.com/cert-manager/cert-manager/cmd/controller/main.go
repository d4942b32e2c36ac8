// The controllers of cert-manager that issue from authorities of the cluster's own and by ACME, with those flags of
// upstream's command that the manifests use; the module of that command is not published. Left out are Vault and Venafi,
// the DNS-01 challenge with the clients of clouds that it brings, and what makes certificates out of Ingresses and Gateways.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	cmdutil "github.com/cert-manager/cert-manager/internal/cmd/util"
	"github.com/cert-manager/cert-manager/pkg/controller"
	logf "github.com/cert-manager/cert-manager/pkg/logs"

	_ "github.com/cert-manager/cert-manager/pkg/controller/acmechallenges"
	_ "github.com/cert-manager/cert-manager/pkg/controller/acmeorders"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/acme"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/approver"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/ca"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/selfsigned"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/issuing"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/keymanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/metrics"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/readiness"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/requestmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/revisionmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/trigger"
	_ "github.com/cert-manager/cert-manager/pkg/controller/clusterissuers"
	_ "github.com/cert-manager/cert-manager/pkg/controller/issuers"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/acme"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/ca"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/selfsigned"
)

const (
	lease          = "cert-manager-controller"
	metricsAddress = "0.0.0.0:9402"
	healthAddress  = "0.0.0.0:9403"
	workers        = 5
)

// Each has the name and the default of upstream's flag.
type options struct {
	resourceNamespace, leaseNamespace      string
	leaseDuration, renewDeadline, interval time.Duration
	ownerRef                               bool
	gateway                                bool
	solverImage                            string
	controllers                            []string
	qps                                    float32
	burst                                  int
}

func main() {
	var opts options
	pflag.StringVar(&opts.resourceNamespace, "cluster-resource-namespace", "kube-system", "where the Secrets of ClusterIssuers are")
	pflag.StringVar(&opts.leaseNamespace, "leader-election-namespace", "kube-system", "where the lease is")
	pflag.DurationVar(&opts.leaseDuration, "leader-election-lease-duration", 60*time.Second, "how long a leader may be silent")
	pflag.DurationVar(&opts.renewDeadline, "leader-election-renew-deadline", 40*time.Second, "when a leader that cannot renew gives up")
	pflag.DurationVar(&opts.interval, "leader-election-retry-period", 15*time.Second, "between two tries to lead")
	pflag.BoolVar(&opts.ownerRef, "enable-certificate-owner-ref", false, "a Secret goes with its Certificate")
	pflag.BoolVar(&opts.gateway, "enable-gateway-api", false, "challenges are answered through a Gateway")
	pflag.StringVar(&opts.solverImage, "acme-http01-solver-image", "", "image of the pods that answer challenges")
	pflag.Float32Var(&opts.qps, "kube-api-qps", 20, "requests to the API server in a second")
	pflag.IntVar(&opts.burst, "kube-api-burst", 50, "requests to the API server at once")
	pflag.StringSliceVar(&opts.controllers, "controllers", nil, "controllers to run, by name")
	pflag.Parse()
	ctx, exit := cmdutil.SetupExitHandler(context.Background(), cmdutil.GracefulShutdown)
	defer exit()
	if err := run(ctx, opts); err != nil {
		fmt.Fprintln(os.Stderr, "cert-manager:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, opts options) error {
	if len(opts.controllers) == 0 {
		return errors.New("name the controllers with --controllers: this build does not have all of upstream's")
	}
	logf.InitLogs()
	group, ctx := errgroup.WithContext(logf.NewContext(ctx, logf.Log, "cert-manager"))
	factory, err := controller.NewContextFactory(ctx, controller.ContextOptions{
		KubernetesAPIQPS:   opts.qps,
		KubernetesAPIBurst: opts.burst,
		IssuerOptions:      controller.IssuerOptions{ClusterResourceNamespace: opts.resourceNamespace},
		ConfigOptions:      controller.ConfigOptions{EnableGatewayAPI: opts.gateway},
		// What upstream's command gives a solver by default, and as many challenges at a time.
		ACMEOptions: controller.ACMEOptions{
			HTTP01SolverImage:                 opts.solverImage,
			HTTP01SolverResourceRequestCPU:    resource.MustParse("10m"),
			HTTP01SolverResourceRequestMemory: resource.MustParse("64Mi"),
			HTTP01SolverResourceLimitsCPU:     resource.MustParse("100m"),
			HTTP01SolverResourceLimitsMemory:  resource.MustParse("64Mi"),
			ACMEHTTP01SolverRunAsNonRoot:      true,
			// Until it asks once more whether the answer of a challenge can be read, of HTTP-01 too; at 0 it asks without a pause.
			DNS01CheckRetryPeriod: 10 * time.Second,
		},
		SchedulerOptions: controller.SchedulerOptions{MaxConcurrentChallenges: 60},
		CertificateOptions: controller.CertificateOptions{
			EnableOwnerRef: opts.ownerRef,
			// All annotations but those of the tools that apply.
			CopiedAnnotationPrefixes:                 []string{"*", "-kubectl.kubernetes.io/", "-fluxcd.io/", "-argocd.argoproj.io/"},
			CertificateRequestMinimumBackoffDuration: time.Hour,
			CertificateRequestMaximumBackoffDuration: 32 * time.Hour,
		},
	})
	if err != nil {
		return err
	}
	shared, err := factory.Build()
	if err != nil {
		return err
	}
	// Without these there is no series of any certificate; upstream's command does the same.
	issuers := shared.SharedInformerFactory.Certmanager().V1()
	shared.Metrics.SetupCertificateCollector(issuers.Certificates().Lister())
	shared.Metrics.SetupIssuerCollector(issuers.Issuers().Lister())
	shared.Metrics.SetupClusterIssuerCollector(issuers.ClusterIssuers().Lister())
	if opts.gateway {
		shared.Metrics.SetupACMECollector(shared.SharedInformerFactory.Acme().V1().Challenges().Lister())
	}
	metrics, err := net.Listen("tcp", metricsAddress)
	if err != nil {
		return err
	}
	serve(ctx, group, shared.Metrics.NewServer(metrics), metrics)
	health, err := net.Listen("tcp", healthAddress)
	if err != nil {
		return err
	}
	watchdog := leaderelection.NewLeaderHealthzAdaptor(20 * time.Second)
	serve(ctx, group, &http.Server{Handler: liveness(watchdog), ReadHeaderTimeout: 8 * time.Second}, health)
	group.Go(func() error {
		if err := becomeLeader(ctx, shared, opts, watchdog); err != nil {
			return err
		}
		return runControllers(ctx, factory, shared, opts.controllers)
	})
	return group.Wait()
}

func serve(ctx context.Context, group *errgroup.Group, server *http.Server, listener net.Listener) {
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error { <-ctx.Done(); return server.Close() })
}

// A leader that has not renewed its lease for too long is stuck.
func liveness(watchdog *leaderelection.HealthzAdaptor) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(response http.ResponseWriter, request *http.Request) {
		if err := watchdog.Check(request); err != nil {
			http.Error(response, err.Error(), http.StatusInternalServerError)
		}
	})
	return mux
}

// becomeLeader returns once this process leads. A leader that loses its lease ends, and Kubernetes starts it again.
func becomeLeader(ctx context.Context, shared *controller.Context, opts options, watchdog *leaderelection.HealthzAdaptor) error {
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	lock, err := resourcelock.New(resourcelock.LeasesResourceLock, opts.leaseNamespace, lease,
		shared.Client.CoreV1(), shared.Client.CoordinationV1(), resourcelock.ResourceLockConfig{Identity: host})
	if err != nil {
		return err
	}
	leading := make(chan struct{})
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock:            lock,
		LeaseDuration:   opts.leaseDuration,
		RenewDeadline:   opts.renewDeadline,
		RetryPeriod:     opts.interval,
		ReleaseOnCancel: true,
		WatchDog:        watchdog,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { close(leading) },
			OnStoppedLeading: func() {
				if ctx.Err() == nil {
					fmt.Fprintln(os.Stderr, "cert-manager: lost the lease", lease)
					os.Exit(1)
				}
			},
		},
	})
	if err != nil {
		return err
	}
	go elector.Run(ctx)
	select {
	case <-leading:
	case <-ctx.Done():
	}
	return nil
}

func runControllers(ctx context.Context, factory *controller.ContextFactory, shared *controller.Context, names []string) error {
	if ctx.Err() != nil {
		return nil
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, name := range names {
		construct, ok := controller.Known()[name]
		if !ok {
			return fmt.Errorf("this build has no controller %q", name)
		}
		loop, err := construct(factory)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		group.Go(func() error { return loop.Run(workers, ctx) })
	}
	shared.SharedInformerFactory.Start(ctx.Done())
	shared.KubeSharedInformerFactory.Start(ctx.Done())
	shared.HTTP01ResourceMetadataInformersFactory.Start(ctx.Done())
	if shared.GatewaySolverEnabled {
		shared.GWShared.Start(ctx.Done())
	}
	return group.Wait()
}
