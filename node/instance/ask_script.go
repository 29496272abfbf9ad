package instance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// runScript as the user of Consul's agent, who runs it later on, and never as root: it may be the service's own program.
func (n *Node) runScript(ctx context.Context, script []string) (string, error) {
	command := exec.CommandContext(ctx, script[0], script[1:]...)
	command.Dir = "/"
	command.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	command.WaitDelay = time.Second
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	if !n.Host.Unowned {
		credential, err := n.agentCredential(ctx)
		if err != nil {
			return "", err
		}
		if credential.Uid == 0 {
			return "not run: Consul's agent is root here, and decides alone", nil
		}
		command.SysProcAttr.Credential = credential
	}
	output, err := command.CombinedOutput()
	answer := "exit 0" + excerpt(string(output))
	if err != nil {
		answer = err.Error() + excerpt(string(output))
		return answer, errors.New(answer)
	}
	return answer, nil
}

// agentCredential is the user and group of Consul's agent.
func (n *Node) agentCredential(ctx context.Context) (*syscall.Credential, error) {
	unit, err := n.Systemd.Unit(ctx, "consul.service")
	if err != nil {
		return nil, fmt.Errorf("systemd does not say as which user Consul's agent runs: %w", err)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", unit.MainPID))
	if err != nil {
		return nil, fmt.Errorf("consul.service does not run, and its user is the one for the script: %w", err)
	}
	return credentialIn(string(status))
}

// credentialIn the text of /proc/PID/status: the effective user and group.
func credentialIn(status string) (*syscall.Credential, error) {
	found := &syscall.Credential{}
	for line := range strings.Lines(status) {
		var real uint32
		_, _ = fmt.Sscanf(line, "Uid:\t%d\t%d", &real, &found.Uid)
		_, _ = fmt.Sscanf(line, "Gid:\t%d\t%d", &real, &found.Gid)
	}
	if !strings.Contains(status, "\nUid:\t") || !strings.Contains(status, "\nGid:\t") {
		return nil, errors.New("the user of Consul's agent is not known")
	}
	return found, nil
}
