package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/consul/api"
)

const (
	outageLimit  = 30 * time.Second
	requestLimit = 10 * time.Second
)

// patience repeats requests while Consul is away. The limit counts from the first failure of an outage and is shared by
// all resources: a plan over a hundred entries and a dead Consul fails after one limit, not after a hundred.
type patience struct {
	limit, pause time.Duration
	lock         sync.Mutex
	awaySince    time.Time
}

func newPatience() *patience {
	return &patience{limit: outageLimit, pause: time.Second}
}

// try runs a request until it passes, fails for a reason that waiting cannot remove, or the outage lasts too long.
func (p *patience) try(ctx context.Context, what string, request func(context.Context) error) error {
	for {
		limited, cancel := context.WithTimeout(ctx, requestLimit)
		err := request(limited)
		cancel()
		if err == nil || !isOutage(err) {
			p.back()
			return wrap(what, err)
		}
		if away := p.away(); away >= p.limit {
			return fmt.Errorf("%s: Consul did not answer for %s: %w", what, away.Round(time.Second), err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: interrupted while waiting for Consul: %w", what, err)
		case <-time.After(p.pause):
		}
	}
}

func (p *patience) back() {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.awaySince = time.Time{}
}

func (p *patience) away() time.Duration {
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.awaySince.IsZero() {
		p.awaySince = time.Now()
	}
	return time.Since(p.awaySince)
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// isOutage distinguishes "Consul is away" from "Consul refuses": Consul answers 500 for both.
func isOutage(err error) bool {
	var status api.StatusError
	if !errors.As(err, &status) {
		var network *net.OpError
		if errors.As(err, &network) {
			return network.Op != "remote error" // which is how crypto/tls calls an alert: the other side refuses
		}
		return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.EOF)
	}
	switch status.Code {
	case 429, 502, 503, 504:
		return true
	case 500:
		return containsAny(status.Body, "No cluster leader", "leadership lost", "leadership transfer in progress",
			"node is not the leader", "rpc error getting client", "failed to get conn", "No known Consul servers",
			"raft is already shutdown", "i/o timeout", "connection refused", "EOF")
	}
	return false
}

func containsAny(text string, parts ...string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}
