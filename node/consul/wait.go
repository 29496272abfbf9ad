package consul

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/node/host"
)

// ErrNoLeader is told when Consul's servers have had no leader for as long as was waited.
var ErrNoLeader = errors.New("Consul has had no leader for a minute; see: journalctl -u consul -n 50")

// WaitForLeader waits a minute at most. Without a leader no caller hears that an instance goes, or that it is back.
func WaitForLeader(ctx context.Context, agent Agent) error {
	if host.Wait(ctx, time.Minute, 200*time.Millisecond, func() bool { return agent.Leader(ctx) != "" }) {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return ErrNoLeader
}

// ReloadWhenThere waits for an agent that is just being restarted.
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
