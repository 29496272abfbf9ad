package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/coreos/go-systemd/v22/activation"

	"gatehouse/node/bootstrap"
	"gatehouse/node/consul"
	"gatehouse/node/drain"
	"gatehouse/node/fence"
	"gatehouse/node/host"
	"gatehouse/node/script"
	"gatehouse/node/systemd"
)

// Verbs that units of this node call: they read no document.

// drainNode is for the unit gatehouse-drain: drain node on|off.
func drainNode(ctx context.Context, h *host.Host, words []string) error {
	client, err := consul.ConnectAsNode(h)
	if err != nil {
		return err
	}
	switch {
	case len(words) == 1 && words[0] == "on":
		return drain.NodeOn(ctx, h, client, systemd.ShutsDown(ctx))
	case len(words) == 1 && words[0] == "off":
		return drain.NodeOff(ctx, h, client)
	}
	return errors.New("usage: drain node on|off")
}

// drainGateway is for the unit of a gateway, before it stops: drain gateway NAME ADMIN_PORT.
func drainGateway(ctx context.Context, h *host.Host, words []string) error {
	if len(words) != 2 {
		return errors.New("usage: drain gateway NAME ADMIN_PORT")
	}
	port, err := strconv.Atoi(words[1])
	if err != nil {
		return fmt.Errorf("%q is not a port", words[1])
	}
	client, err := consul.ConnectAsNode(h)
	if err != nil {
		return err
	}
	return drain.Gateway(ctx, h, client, words[0], port)
}

// keepFence is for units, before they start: fence.
func keepFence(_ context.Context, h *host.Host, words []string) error {
	if len(words) != 0 {
		return errors.New("usage: fence")
	}
	return fence.New(h).Keep(false)
}

// makeBootstrap is for the unit of an Envoy, before it starts: bootstrap NAME ARGUMENTS of consul connect envoy.
func makeBootstrap(ctx context.Context, h *host.Host, words []string) error {
	if len(words) == 0 {
		return errors.New("usage: bootstrap NAME ARGUMENTS...")
	}
	keeper := fence.New(h)
	own, err := fence.Load(h, words[0])
	if err != nil {
		return err
	}
	// A node whose kernel cannot do it, or a rule that cannot be made, is no reason not to serve: the doctor tells it.
	if err := keeper.Keep(false); err != nil {
		fmt.Fprintf(os.Stderr, "gatehouse: warning: the ports of %s are not fenced: %s\n", words[0], host.Clean(err.Error()))
	}
	return bootstrap.New(h, keeper.UID).Make(ctx, words[0], own, words[1:]...)
}

// exitCode of this program, other than those of runs that fail. Whoever started it has read why.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// serveScript is for the unit of a health script: health serve COMMAND. systemd holds the socket, so that a question never
// meets a restart.
func serveScript(ctx context.Context, _ *host.Host, words []string) error {
	listeners, err := activation.Listeners()
	if err != nil {
		return err
	}
	if len(words) == 0 || len(listeners) != 1 || listeners[0] == nil {
		return errors.New("usage, in a unit with a socket: health serve COMMAND...")
	}
	return script.Serve(ctx, listeners[0], words)
}

// askScript is the check that Consul's agent runs: health ask SOCKET. Its output and exit code are those of the script.
func askScript(ctx context.Context, _ *host.Host, words []string) error {
	if len(words) != 1 {
		return errors.New("usage: health ask SOCKET")
	}
	result, err := script.Ask(ctx, words[0])
	if err != nil {
		fmt.Println(err)
		return exitCode(script.Critical)
	}
	fmt.Print(result.Output)
	if result.Exit != 0 {
		return exitCode(result.Exit)
	}
	return nil
}
