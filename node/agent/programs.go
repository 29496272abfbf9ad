package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
)

// xdsDays is how long the certificate is valid.
const xdsDays = "3650"

var errNoConsul = errors.New("consul is not on this node; install it (the rendered user_data does) and deploy again")

func run(ctx context.Context, folder, program string, args ...string) error {
	command := exec.CommandContext(ctx, program, args...)
	command.Dir = folder
	out, err := command.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return err
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w: %s", program, args[0], err, strings.TrimSpace(string(out)))
	}
	return nil
}

func validate(ctx context.Context, file string) error {
	err := run(ctx, "", "consul", "validate", "-quiet", file)
	if errors.Is(err, exec.ErrNotFound) {
		return errNoConsul
	}
	if err != nil {
		return fmt.Errorf("Consul refuses the agent's configuration (%w); nothing was changed", err)
	}
	return nil
}

func xdsCertificate(ctx context.Context, folder string) (Certificate, error) {
	var made Certificate
	if err := run(ctx, folder, "consul", "tls", "ca", "create", "-domain=xds", "-days="+xdsDays); err != nil {
		return made, err
	}
	if err := run(ctx, folder, "consul", "tls", "cert", "create", "-client", "-domain=xds", "-dc=local", "-days="+xdsDays); err != nil {
		return made, err
	}
	for name, into := range map[string]*[]byte{
		"xds-agent-ca.pem":           &made.CA,
		"local-client-xds-0.pem":     &made.Certificate,
		"local-client-xds-0-key.pem": &made.Key,
	} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return made, err
		}
		*into = text
	}
	return made, nil
}

type users struct{}

func (users) Exists(name string) bool {
	_, err := user.Lookup(name)
	return err == nil
}

func (users) Add(ctx context.Context, name, home string) error {
	return run(ctx, "", "useradd", "--system", "--home-dir", home, "--no-create-home", "--shell", "/usr/sbin/nologin", name)
}

func (users) Remove(ctx context.Context, name string) error { return run(ctx, "", "userdel", name) }
