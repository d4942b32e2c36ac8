// The part of kube-router that enforces NetworkPolicies, with kube-router's own flags and health check. Its router and its
// service proxy are left out: nodes here have routes and kube-proxy already, and with them go GoBGP and the client of AWS.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/cloudnativelabs/kube-router/v2/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/v2/pkg/healthcheck"
	"github.com/cloudnativelabs/kube-router/v2/pkg/options"
	"github.com/cloudnativelabs/kube-router/v2/pkg/svcip"
	"github.com/cloudnativelabs/kube-router/v2/pkg/version"
	"github.com/spf13/pflag"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
)

func main() {
	config, err := configure()
	if err == nil {
		err = run(config)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func configure() (*options.KubeRouterConfig, error) {
	klog.InitFlags(nil)
	config := options.NewKubeRouterConfig()
	config.AddFlags(pflag.CommandLine)
	pflag.Parse()
	if config.HelpRequested {
		pflag.Usage()
		os.Exit(0)
	}
	if config.RunRouter || config.RunServiceProxy || !config.RunFirewall {
		return nil, fmt.Errorf("this kube-router enforces network policies and does nothing else: " +
			"give it --run-router=false --run-service-proxy=false --run-firewall=true")
	}
	return config, flag.Set("v", config.VLevel)
}

func run(config *options.KubeRouterConfig) error {
	version.PrintVersion(true)
	// Without a kubeconfig this is what the pod's service account says.
	client, err := clientcmd.BuildConfigFromFlags(config.Master, config.Kubeconfig)
	if err != nil {
		return fmt.Errorf("no way to the API server: %w", err)
	}
	clientset, err := kubernetes.NewForConfig(client)
	if err != nil {
		return fmt.Errorf("no client of the API server: %w", err)
	}
	stop := make(chan struct{})
	heartbeats := make(chan *healthcheck.ControllerHeartbeat, 10)
	health, err := healthcheck.NewHealthController(config)
	if err != nil {
		return fmt.Errorf("no health check: %w", err)
	}

	factory := informers.NewSharedInformerFactory(clientset, 0)
	pods := factory.Core().V1().Pods().Informer()
	namespaces := factory.Core().V1().Namespaces().Informer()
	policies := factory.Networking().V1().NetworkPolicies().Informer()
	factory.Start(stop)
	late := time.AfterFunc(config.CacheSyncTimeout, func() {
		klog.Fatalf("the API server did not list pods, namespaces and policies within %s", config.CacheSyncTimeout)
	})
	factory.WaitForCacheSync(stop)
	late.Stop()

	iptables, ipsets, err := netpol.NewIPTablesHandlers(config)
	if err != nil {
		return fmt.Errorf("no iptables or ipset: %w", err)
	}
	ranges, err := svcip.NewValidator(svcip.Config{
		ExternalIPCIDRs:   config.ExternalIPCIDRs,
		LoadBalancerCIDRs: config.LoadBalancerCIDRs,
		ClusterIPCIDRs:    config.ClusterIPCIDRs,
		StrictValidation:  config.StrictExternalIPValidation,
		EnableIPv4:        config.EnableIPv4,
		EnableIPv6:        config.EnableIPv6,
	})
	if err != nil {
		return fmt.Errorf("no ranges of service addresses: %w", err)
	}
	var ipsetLock sync.Mutex
	controller, err := netpol.NewNetworkPolicyController(
		clientset, config, pods, policies, namespaces, &ipsetLock, nil, iptables, ipsets, ranges)
	if err != nil {
		return fmt.Errorf("no network policy controller: %w", err)
	}
	for informer, handler := range map[cache.SharedIndexInformer]cache.ResourceEventHandler{
		pods:       controller.PodEventHandler,
		namespaces: controller.NamespaceEventHandler,
		policies:   controller.NetworkPolicyEventHandler,
	} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return fmt.Errorf("no word of changes: %w", err)
		}
	}

	var running sync.WaitGroup
	running.Add(3)
	health.SetAlive()
	go health.RunServer(stop, &running)
	go health.RunCheck(heartbeats, stop, &running)
	go controller.Run(heartbeats, stop, &running)

	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	<-signals
	// The rules stay: what was refused is refused while a new version starts.
	close(stop)
	running.Wait()
	return nil
}
