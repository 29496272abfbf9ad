package setup

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gatehouse/node/envoy"
	"gatehouse/node/host"
)

// nodeEnv is how Envoy is started here.
func (s *setup) nodeEnv(ctx context.Context) error {
	compatibility, err := s.envoyFlags(ctx)
	if err != nil {
		return err
	}
	xds, err := s.xdsFlags(ctx)
	if err != nil {
		return err
	}
	_, err = s.undo.WriteIfNew(s.h, host.NodeEnv, []byte("GATEHOUSE_ENVOY_FLAGS="+compatibility+xds+"\n"), 0o644, root)
	return err
}

// envoyFlags: Consul names the Envoy versions that it supports; for another one Envoy needs a flag.
func (s *setup) envoyFlags(ctx context.Context) (string, error) {
	printed, err := s.tools.EnvoyVersion(ctx)
	if err != nil {
		return "", fmt.Errorf("envoy does not tell its version: %w; try on the node: envoy --version", err)
	}
	supported, err := s.agent.SupportedEnvoys(ctx)
	if err != nil {
		return "", err
	}
	version := envoy.Version(printed)
	for _, one := range supported {
		if one == version {
			return "", nil
		}
	}
	s.h.Say("this Consul does not list Envoy %s as supported; starting it with -ignore-envoy-compatibility", version)
	return "-ignore-envoy-compatibility", nil
}

// xdsFlags say where Envoy reaches this node's agent, and by which authority it knows it.
func (s *setup) xdsFlags(ctx context.Context) (string, error) {
	if !s.doc.TLS {
		return "", nil
	}
	ca := xdsCA
	if !s.h.Exists(ca) {
		// The agent is not Gatehouse's: by default it shows Envoy a certificate of the mesh's own authority.
		ca = foreignCA
		roots, err := s.agent.RootCertificates(ctx)
		if err != nil {
			return "", fmt.Errorf("Consul does not tell its certificate authority: %w", err)
		}
		if len(roots) == 0 {
			return "", errors.New("Consul has no certificate authority; see: consul connect ca get-config")
		}
		if _, err := s.undo.WriteIfNew(s.h, ca, []byte(strings.Join(roots, "\n")+"\n"), 0o644, root); err != nil {
			return "", err
		}
	}
	return " -grpc-addr https://127.0.0.1:8503 -grpc-ca-file " + ca, nil
}
