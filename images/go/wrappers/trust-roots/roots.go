package main

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"maps"
	"slices"
	"strings"
	"time"
)

type metadata struct {
	Name        string            `json:"name"`
	UID         string            `json:"uid,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

type configMap struct {
	Metadata metadata          `json:"metadata"`
	Data     map[string]string `json:"data"`
}

func (c configMap) uid() string { return c.Metadata.UID }

type certificateRequest struct {
	Metadata metadata `json:"metadata"`
	Spec     struct {
		IsCA      bool `json:"isCA"`
		IssuerRef struct {
			Kind string `json:"kind"`
		} `json:"issuerRef"`
	} `json:"spec"`
	Status struct {
		// PEM, base64 in JSON.
		Certificate []byte `json:"certificate"`
		Conditions  []struct {
			Type   string `json:"type"`
			Status string `json:"status"`
		} `json:"conditions"`
	} `json:"status"`
}

func (r certificateRequest) uid() string { return r.Metadata.UID }

func (r certificateRequest) issued() bool {
	for _, condition := range r.Status.Conditions {
		if condition.Type == "Ready" {
			return condition.Status == "True"
		}
	}
	return false
}

// At most so many roots of one generation: the newest.
const perGeneration = 4

// roots is what a ConfigMap should hold: by GENERATION-FINGERPRINT.pem, the certificates of every trusted generation,
// those that it has and those that have been issued.
func roots(existing configMap, requests []certificateRequest, now time.Time) map[string]string {
	trusted := strings.Split(existing.Metadata.Annotations["plinth.io/trusted"], ",")
	found := map[string]map[string]*x509.Certificate{}
	add := func(generation, text string) {
		certificate := rootIn(text)
		if certificate == nil || now.After(certificate.NotAfter) || !slices.Contains(trusted, generation) {
			return
		}
		if found[generation] == nil {
			found[generation] = map[string]*x509.Certificate{}
		}
		sum := sha256.Sum256(certificate.Raw)
		found[generation][generation+"-"+hex.EncodeToString(sum[:8])+".pem"] = certificate
	}
	for key, text := range existing.Data {
		generation, _, _ := strings.Cut(key, "-")
		add(generation, text)
	}
	for _, request := range requests {
		same := request.Metadata.Labels[label] == existing.Metadata.Labels[label]
		// The admission policy lets nobody but cert-manager ask a ClusterIssuer.
		if same && request.Spec.IsCA && request.Spec.IssuerRef.Kind == "ClusterIssuer" && request.issued() {
			add(request.Metadata.Labels["plinth.io/generation"], string(request.Status.Certificate))
		}
	}
	data := map[string]string{}
	for _, certificates := range found {
		keys := slices.SortedFunc(maps.Keys(certificates), func(a, b string) int {
			if order := certificates[b].NotBefore.Compare(certificates[a].NotBefore); order != 0 {
				return order
			}
			return strings.Compare(a, b)
		})
		for _, key := range keys[:min(len(keys), perGeneration)] {
			block := pem.Block{Type: "CERTIFICATE", Bytes: certificates[key].Raw}
			data[key] = string(pem.EncodeToMemory(&block))
		}
	}
	return data
}

// rootIn is the first certificate of a text if it is a CA that signed itself, else nil.
func rootIn(text string) *x509.Certificate {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" {
		return nil
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil || !certificate.IsCA || certificate.CheckSignatureFrom(certificate) != nil {
		return nil
	}
	return certificate
}

func same(a, b map[string]string) bool { return maps.Equal(a, b) }
