// Package setup makes a node ready for instances: folders, the `mesh` command, what Envoy needs here, the drain unit; and it
// takes secrets to where they are used from.
package setup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"gatehouse/node/agent"
	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/envoy"
	"gatehouse/node/host"
	"gatehouse/node/systemd"
	"gatehouse/node/undo"
)

const (
	drainName = "gatehouse-drain.service"
	drainUnit = host.UnitDir + "/" + drainName
	xdsCA     = host.ConsulDir + "/tls/xds-ca.pem"
	// foreignCA is where the authority of an agent that Gatehouse did not set up is put.
	foreignCA = host.Gatehouse + "/xds-ca.pem"
)

var root = host.Owner{}

// Agent is what is asked of the node's agent.
type Agent interface {
	Answers(ctx context.Context) bool
	// SupportedEnvoys are the versions of Envoy that this Consul lists as supported.
	SupportedEnvoys(ctx context.Context) ([]string, error)
	// RootCertificates are those of the mesh's own authority, as PEM.
	RootCertificates(ctx context.Context) ([]string, error)
}

// Tools are what the node has besides files, systemd and the agent.
type Tools struct {
	// LookPath finds a program.
	LookPath func(program string) (string, error)
	// EnvoyVersion is what `envoy --version` prints.
	EnvoyVersion func(ctx context.Context) (string, error)
	// Login is the user who logs in to deploy.
	Login string
	// Patience is how long the agent may take to answer.
	Patience time.Duration
	// Poll is how often it is asked.
	Poll time.Duration
}

// NewTools are those of the node that this program runs on.
func NewTools() Tools {
	return Tools{
		LookPath: exec.LookPath,
		EnvoyVersion: func(ctx context.Context) (string, error) {
			printed, err := exec.CommandContext(ctx, "envoy", "--version").Output()
			return string(printed), err
		},
		Login:    Login(),
		Patience: 90 * time.Second,
		Poll:     200 * time.Millisecond,
	}
}

// Login is the user who logs in to deploy: sudo says so where that is not root.
func Login() string {
	if user := os.Getenv("SUDO_USER"); user != "" {
		return user
	}
	return "root"
}

type setup struct {
	h     *host.Host
	units systemd.Manager
	agent Agent
	tools Tools
	doc   document.Setup
	undo  undo.Stack
}

// Run makes a node ready for instances. When that does not work out, the node is as it was before.
func Run(ctx context.Context, h *host.Host, units systemd.Manager, agent Agent, tools Tools, doc document.Setup) error {
	s := &setup{h: h, units: units, agent: agent, tools: tools, doc: doc}
	release, err := h.Lock(ctx, "setup")
	if err != nil {
		return err
	}
	defer release()
	if err := s.prepare(ctx); err != nil {
		return err
	}
	if err := s.change(ctx); err != nil {
		if undone := s.undo.Run(ctx); undone != nil {
			return fmt.Errorf("%w; this node could not go back to how it was: %w. Correct that and deploy again", err, undone)
		}
		return fmt.Errorf("%w; what had been changed was put back", err)
	}
	s.undo.Forget()
	if err := removeEarlier(h); err != nil {
		return err
	}
	h.Say("%s is ready", doc.Node)
	return nil
}

// prepare changes nothing.
func (s *setup) prepare(ctx context.Context) error {
	if err := agent.CheckOwner(s.h, s.doc.Owner); err != nil {
		return err
	}
	if s.doc.MeshCommand.Path != host.MeshFile || s.doc.DrainUnit != nil && s.doc.DrainUnit.Path != drainUnit {
		return fmt.Errorf("the files of a node are %s and %s; the document has others, and nothing was changed", host.MeshFile, drainUnit)
	}
	if err := s.h.NeedRoom(host.Gatehouse, host.UnitDir, host.ConsulDir, filepath.Dir(host.MeshFile)); err != nil {
		return err
	}
	if err := s.needPrograms(); err != nil {
		return err
	}
	if !host.Wait(ctx, s.tools.Patience, s.tools.Poll, func() bool { return s.agent.Answers(ctx) }) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("Consul's agent does not answer at %s; see: journalctl -u consul -n 50", consul.Address)
	}
	return nil
}

func (s *setup) needPrograms() error {
	programs := []string{"consul"}
	if s.doc.Role == document.Worker {
		programs = append(programs, "envoy")
	}
	var missing []string
	for _, program := range programs {
		if _, err := s.tools.LookPath(program); err != nil {
			missing = append(missing, program)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("not on this node: %s; install them (the rendered user_data does) and deploy again", strings.Join(missing, ", "))
}

// change is the set-up as a list.
func (s *setup) change(ctx context.Context) error {
	steps := []func(context.Context) error{s.folders, s.meshCommand, s.record}
	if s.doc.Role == document.Worker {
		steps = append(steps, s.nodeEnv)
	}
	if s.doc.DrainUnit != nil {
		steps = append(steps, s.drain)
	}
	for _, step := range steps {
		if ctx.Err() != nil {
			return fmt.Errorf("the run was ended before it was done (%w)", context.Cause(ctx))
		}
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *setup) folders(context.Context) error {
	for _, one := range []struct {
		path  string
		mode  os.FileMode
		owner host.Owner
	}{
		{host.Gatehouse, 0o755, root},
		{host.Instances, 0o755, root},
		{host.Binaries, 0o755, root},
		{host.EnvDir, 0o700, root},
		// Where the user who deploys uploads binaries.
		{host.Incoming, 0o700, host.Owner{User: s.tools.Login}},
	} {
		if err := s.undo.Folder(s.h, one.path, one.mode, one.owner); err != nil {
			return err
		}
	}
	return nil
}

func (s *setup) meshCommand(context.Context) error {
	_, err := s.put(s.doc.MeshCommand)
	return err
}

// record takes the node into the mesh.
func (s *setup) record(context.Context) error {
	text, err := json.MarshalIndent(host.NodeRecord{Owner: s.doc.Owner, Role: s.doc.Role, TLS: s.doc.TLS}, "", "  ")
	if err != nil {
		return err
	}
	_, err = s.undo.WriteIfNew(s.h, host.NodeFile, append(text, '\n'), 0o644, root)
	return err
}

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

// put one of the document's files.
func (s *setup) put(file document.File) (bool, error) {
	mode, err := strconv.ParseUint(file.Mode, 8, 32)
	if err != nil || mode > 0o777 {
		return false, fmt.Errorf("the mode %s of %s is not octal", file.Mode, file.Path)
	}
	return s.undo.WriteIfNew(s.h, file.Path, []byte(file.Content), os.FileMode(mode), root)
}
