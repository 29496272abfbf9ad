package consul

import (
	"context"
	"fmt"
	"time"

	"gatehouse/node/host"
)

// poll is the pause between two requests.
const poll = 200 * time.Millisecond

// WaitForLeader waits until Consul's servers have a leader. Without one, no caller learns that an instance stops, or that it
// serves again.
func WaitForLeader(ctx context.Context, agent interface {
	Leader(ctx context.Context) string
}, patience time.Duration) error {
	if host.Wait(ctx, patience, poll, func() bool { return agent.Leader(ctx) != "" }) {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("Consul has had no leader for %s (asked at %s); see: journalctl -u consul -n 50", patience, Address)
}

// WaitForAgent waits until the agent answers.
func WaitForAgent(ctx context.Context, agent interface {
	Answers(ctx context.Context) bool
}, patience, interval time.Duration) error {
	if host.Wait(ctx, patience, interval, func() bool { return agent.Answers(ctx) }) {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("Consul's agent does not answer at %s; see: journalctl -u consul -n 50", Address)
}

// ReloadWhenThere reloads the agent; it waits for one that is just being restarted.
func ReloadWhenThere(ctx context.Context, agent Agent) error {
	if err := WaitForAgent(ctx, agent, time.Minute, poll); err != nil {
		return err
	}
	if err := agent.Reload(ctx); err != nil {
		return fmt.Errorf("Consul's agent did not reload: %w; see: journalctl -u consul -n 50", err)
	}
	return nil
}
