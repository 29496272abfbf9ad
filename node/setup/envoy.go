package setup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"gatehouse/node/agent"
	"gatehouse/node/document"
	"gatehouse/node/envoy"
	"gatehouse/node/host"
	"gatehouse/node/xds"
)

// nodeEnv is the file with the flags with which Envoy is started here.
func (s *setup) nodeEnv(ctx context.Context) error {
	compatibility, err := s.envoyFlags(ctx)
	if err != nil {
		return err
	}
	xds, err := s.xdsFlags()
	if err != nil {
		return err
	}
	_, err = s.undo.WriteIfNew(s.h, host.NodeEnv, []byte("GATEHOUSE_ENVOY_FLAGS="+compatibility+xds+"\n"), 0o644, root)
	return err
}

// envoyFlags returns the flag for a version of Envoy that Consul does not list as supported.
func (s *setup) envoyFlags(ctx context.Context) (string, error) {
	printed, err := s.tools.EnvoyVersion(ctx)
	if err != nil {
		return "", fmt.Errorf("envoy does not print its version: %w; try on the node: envoy --version", err)
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

// checkEnvoy refuses one that is a script: in the unit of an Envoy no shell starts.
func (s *setup) checkEnvoy() error {
	path, err := s.tools.LookPath("envoy")
	if err != nil {
		return err
	}
	file, err := os.Open(s.h.Path(path))
	if err != nil {
		return nil //nolint:nilerr // starting it says what is wrong
	}
	defer file.Close()
	var begins [2]byte
	if _, err := io.ReadFull(file, begins[:]); err != nil || string(begins[:]) != "#!" {
		return nil //nolint:nilerr // the same
	}
	return fmt.Errorf("%s is a script, and in the units of sidecars and gateways nothing starts but Envoy itself: put its program there; nothing was changed", path)
}

// xdsFlags say where Envoy reaches this node's agent, and which authority signed the agent's certificate.
func (s *setup) xdsFlags() (string, error) {
	switch {
	case s.way == nil && !s.doc.TLS:
		return "", nil
	case s.way == nil:
		return " -grpc-addr https://127.0.0.1:8503 -grpc-ca-file " + xdsCA, nil
	case !s.way.TLS:
		if s.doc.TLS {
			s.h.Say("Consul's agent has no gRPC port with TLS; Envoy reaches it over 127.0.0.1:%d without", s.way.Port)
		}
		return s.way.Flags(""), nil
	}
	s.h.Say("Envoy knows Consul's agent by the authority in %s", s.way.Source)
	if _, err := s.undo.WriteIfNew(s.h, foreignCA, []byte(s.way.Authority), 0o644, root); err != nil {
		return "", err
	}
	return s.way.Flags(foreignCA), nil
}

// findAgent finds out how Envoy reaches an agent that Gatehouse did not set up.
func (s *setup) findAgent(ctx context.Context) error {
	if s.doc.Role != document.Worker || s.ownAgent() {
		return nil
	}
	way, err := xds.New(s.h, s.agent).Find(ctx, s.doc.TLS)
	if err != nil {
		return fmt.Errorf("%w; nothing was changed", err)
	}
	if way.Port == 0 {
		return errors.New("Consul's agent has no gRPC port, and from there Envoy has its configuration; write ports { grpc_tls = 8503 } into " +
			"the agent's configuration (or grpc = 8502 without TLS), restart it and deploy again; nothing was changed")
	}
	s.way = &way
	return nil
}

// ownAgent says whether Gatehouse set the agent up, with the ports and the authority that it needs.
func (s *setup) ownAgent() bool {
	_, recorded, _ := agent.ReadRecord(s.h)
	return s.h.Exists(xdsCA) || recorded && !s.doc.TLS
}
