// Pause holds the namespaces of a pod: it sleeps until it is told to end. Where pods share one process namespace it is
// process 1 there, and so collects the children that others left behind. With -v it ends at once, as upstream's does: before
// an upgrade kubeadm has a pod run it so, to see that pods still run.
package main

import (
	"os"
	"os/signal"
	"slices"
	"syscall"
)

func main() {
	if slices.Contains(os.Args[1:], "-v") {
		return
	}
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGCHLD)
	for received := range signals {
		if received != syscall.SIGCHLD {
			return
		}
		// One signal may stand for several children.
		for pid := 1; pid > 0; {
			pid, _ = syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		}
	}
}
