// Package dns knows no DNS service: the clients of the hundred that lego knows are half of what Traefik compiles, and
// here certificates come from cert-manager. ACME over HTTP and TLS works as ever.
package dns

import (
	"fmt"

	"github.com/go-acme/lego/v4/challenge"
)

// NewDNSChallengeProviderByName refuses every name.
func NewDNSChallengeProviderByName(name string) (challenge.Provider, error) {
	return nil, fmt.Errorf("this Traefik was built without DNS providers, %q among them: issue by cert-manager", name)
}
