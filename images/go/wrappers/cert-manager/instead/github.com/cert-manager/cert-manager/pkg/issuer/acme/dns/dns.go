// Package dns stands in for upstream's solvers of the DNS-01 challenge, which bring the clients of six clouds: certificates
// by ACME are had by HTTP-01 here, through the gateway.
package dns

import (
	"context"
	"errors"

	cmacme "github.com/cert-manager/cert-manager/pkg/apis/acme/v1"
	v1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/cert-manager/cert-manager/pkg/controller"
)

var errNone = errors.New("this build of cert-manager solves no DNS-01 challenge: name a solver of HTTP-01 in the Issuer")

// Solver refuses every challenge.
type Solver struct{}

// NewSolver is what upstream's controller of challenges calls when it starts.
func NewSolver(*controller.Context) (*Solver, error) { return &Solver{}, nil }

func (*Solver) Present(context.Context, v1.GenericIssuer, *cmacme.Challenge) error { return errNone }
func (*Solver) Check(context.Context, v1.GenericIssuer, *cmacme.Challenge) error   { return errNone }
func (*Solver) CleanUp(context.Context, *cmacme.Challenge) error                   { return nil }
