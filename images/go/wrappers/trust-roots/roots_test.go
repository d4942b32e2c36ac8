package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// certificate is a CA that signed itself, valid from a day before `now`.
func certificate(t *testing.T, name string, valid time.Duration, isCA bool) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-24 * time.Hour),
		NotAfter: now.Add(valid), IsCA: isCA, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}))
}

func issued(authority, generation, text string) certificateRequest {
	request := certificateRequest{}
	request.Metadata.Labels = map[string]string{label: authority, "plinth.io/generation": generation}
	request.Spec.IsCA = true
	request.Spec.IssuerRef.Kind = "ClusterIssuer"
	request.Status.Certificate = []byte(text)
	request.Status.Conditions = append(request.Status.Conditions, struct {
		Type   string `json:"type"`
		Status string `json:"status"`
	}{"Ready", "True"})
	return request
}

func orders(trusted string, data map[string]string) configMap {
	return configMap{
		Metadata: metadata{
			Labels:      map[string]string{label: "orders"},
			Annotations: map[string]string{"plinth.io/trusted": trusted},
		},
		Data: data,
	}
}

func generations(data map[string]string) string {
	var found []string
	for _, generation := range []string{"1", "2", "3"} {
		for key := range data {
			if strings.HasPrefix(key, generation+"-") {
				found = append(found, generation)
			}
		}
	}
	return strings.Join(found, " ")
}

func TestRoots(t *testing.T) {
	year := 365 * 24 * time.Hour
	first, second := certificate(t, "one", year, true), certificate(t, "two", year, true)
	one := roots(orders("1", nil), []certificateRequest{issued("orders", "1", first)}, now)
	notReady := issued("orders", "1", first)
	notReady.Status.Conditions[0].Status = "False"
	byIssuer := issued("orders", "1", first)
	byIssuer.Spec.IssuerRef.Kind = "Issuer"
	both := []certificateRequest{issued("orders", "1", first), issued("orders", "2", second)}
	for _, test := range []struct {
		name     string
		existing configMap
		requests []certificateRequest
		want     string
	}{
		{"takes what was issued", orders("1", nil), both, "1"},
		{"takes every trusted generation", orders("1,2", nil), both, "1 2"},
		{"drops what is no longer trusted", orders("2", one), both, "2"},
		{"keeps a root whose request is gone", orders("1", one), nil, "1"},
		{"adds a root that was made anew", orders("1", one), []certificateRequest{issued("orders", "1", second)}, "1 1"},
		{"ignores another authority", orders("1", nil), []certificateRequest{issued("jobs", "1", first)}, ""},
		{"ignores what is not issued yet", orders("1", nil), []certificateRequest{notReady}, ""},
		{"ignores what anyone could ask for", orders("1", nil), []certificateRequest{byIssuer}, ""},
		{"ignores a leaf", orders("1", nil), []certificateRequest{issued("orders", "1", certificate(t, "x", year, false))}, ""},
		{"ignores what has expired", orders("1", nil), []certificateRequest{issued("orders", "1", certificate(t, "x", -time.Hour, true))}, ""},
		{"ignores what is no certificate", orders("1", map[string]string{"1-x.pem": "nonsense"}), nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := generations(roots(test.existing, test.requests, now)); got != test.want {
				t.Errorf("has generations %q, not %q", got, test.want)
			}
		})
	}
}
