package consul

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/node/host"
)

// errNoLeader means that Consul's servers have had no leader for as long as WaitForLeader waits.
var errNoLeader = errors.New("Consul has had no leader for a minute; see: journalctl -u consul -n 50")

// WaitForLeader waits a minute at most. Without a leader, no caller learns that an instance stops, or that it serves again.
func WaitForLeader(ctx context.Context, agent Agent) error {
	if host.Wait(ctx, time.Minute, 200*time.Millisecond, func() bool { return agent.Leader(ctx) != "" }) {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errNoLeader
}

// ReloadWhenThere reloads the agent; it waits for one that is just being restarted.
func ReloadWhenThere(ctx context.Context, agent Agent) error {
	if !host.Wait(ctx, time.Minute, 200*time.Millisecond, func() bool { return agent.Answers(ctx) }) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("Consul's agent does not answer at %s; see: journalctl -u consul -n 50", Address)
	}
	if err := agent.Reload(ctx); err != nil {
		return fmt.Errorf("Consul's agent did not reload: %w; see: journalctl -u consul -n 50", err)
	}
	return nil
}
