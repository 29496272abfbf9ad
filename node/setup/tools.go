package setup

import (
	"context"
	"os"
	"os/exec"
	"time"

	"gatehouse/node/xds"
)

// Agent has the requests of this package to the node's agent.
type Agent interface {
	Answers(ctx context.Context) bool
	xds.Agent
	// SupportedEnvoys are the versions of Envoy that this Consul lists as supported.
	SupportedEnvoys(ctx context.Context) ([]string, error)
}

// Tools are the parts of the node that tests replace, besides files, systemd and the agent.
type Tools struct {
	// LookPath finds a program.
	LookPath func(program string) (string, error)
	// EnvoyVersion is the output of `envoy --version`.
	EnvoyVersion func(ctx context.Context) (string, error)
	// Login is the user who logs in to deploy.
	Login string
	// Patience is how long to wait for an answer of the agent.
	Patience time.Duration
	// Poll is the pause between two requests.
	Poll time.Duration
}

// NewTools returns the tools of the node that this program runs on.
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
