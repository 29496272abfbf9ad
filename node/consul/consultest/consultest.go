// Package consultest runs a real Consul agent for tests.
package consultest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/hashicorp/consul/api"

	"gatehouse/node/consul"
	"gatehouse/node/host"
)

// ErrNotFound is the reason with which tests are skipped.
var ErrNotFound = errors.New("there is no Consul: set GATEHOUSE_CONSUL, put it on the PATH, or let `npm run env` build it")

// version that the project builds.
const version = "1.22.7"

// ManagementToken of an agent with ACLs: see ACLs.
const ManagementToken = "11111111-2222-3333-4444-555555555555"

// ACLs is configuration with which nothing is allowed without a token.
const ACLs = `acl {
  enabled        = true
  default_policy = "deny"
  tokens { initial_management = "` + ManagementToken + `" }
}`

// Agent that runs.
type Agent struct {
	// Address of its HTTP API.
	Address string
	folder  string
	command *exec.Cmd
}

// Find returns the path of the program.
func Find() (string, error) {
	if path := os.Getenv("GATEHOUSE_CONSUL"); path != "" {
		return path, nil
	}
	if path, err := exec.LookPath("consul"); err == nil {
		return path, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", ErrNotFound
	}
	path := filepath.Join(cache, "gatehouse", "consul-"+version, "consul")
	if _, err := os.Stat(path); err != nil {
		return "", ErrNotFound
	}
	return path, nil
}

// Start a development agent on free ports of loopback, and wait until it has a leader.
// configuration is HCL; "" for none. It has no gRPC port, unless one of the flags of `consul agent` gives it one.
func Start(configuration string, flags ...string) (*Agent, error) {
	program, err := Find()
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "consul-")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(folder, "agent.hcl")
	if err := os.WriteFile(file, []byte("disable_update_check = true\n"+configuration+"\n"), 0o600); err != nil {
		return nil, err
	}
	arguments := append([]string{
		"agent", "-dev", "-disable-host-node-id", "-log-level=error", "-config-file=" + file,
		fmt.Sprintf("-http-port=%d", ports[0]), fmt.Sprintf("-server-port=%d", ports[1]), fmt.Sprintf("-serf-lan-port=%d", ports[2]),
		"-dns-port=-1", "-grpc-port=-1", "-grpc-tls-port=-1", "-serf-wan-port=-1",
	}, flags...)
	command := exec.Command(program, arguments...)
	agent := &Agent{fmt.Sprintf("127.0.0.1:%d", ports[0]), folder, command}
	if err := command.Start(); err != nil {
		return nil, err
	}
	return agent, agent.wait()
}

func (a *Agent) wait() error {
	client, err := a.Connect(ManagementToken)
	if err != nil {
		return err
	}
	ctx := context.Background()
	leads := func() bool {
		services, err := client.Services(ctx)
		return err == nil && services["consul"]
	}
	if !host.Wait(ctx, 30*time.Second, 50*time.Millisecond, leads) {
		a.Stop()
		return fmt.Errorf("the Consul agent at %s has no leader", a.Address)
	}
	return nil
}

// Connect with a token; "" for none.
func (a *Agent) Connect(token string) (*consul.Client, error) { return consul.New(a.Address, token) }

// Token with these rules, on an agent with ACLs.
func (a *Agent) Token(rules string) (string, error) {
	client, err := a.Connect(ManagementToken)
	if err != nil {
		return "", err
	}
	name := fmt.Sprintf("test-%d", time.Now().UnixNano())
	policy, _, err := client.Client.ACL().PolicyCreate(&api.ACLPolicy{Name: name, Rules: rules}, nil)
	if err != nil {
		return "", err
	}
	token, _, err := client.Client.ACL().TokenCreate(&api.ACLToken{Policies: []*api.ACLLink{{ID: policy.ID}}}, nil)
	if err != nil {
		return "", err
	}
	return token.SecretID, nil
}

// Stop the agent.
func (a *Agent) Stop() {
	_ = a.command.Process.Kill()
	_ = a.command.Wait()
	_ = os.RemoveAll(a.folder)
}

// freePorts that are different from each other.
func freePorts(count int) ([]int, error) {
	var ports []int
	for range count {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
