package instance

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"gatehouse/node/consul"
	"gatehouse/node/host"
	"gatehouse/node/undo"
)

// drainByHand sends callers to another node. False when there is none.
func (a *apply) drainByHand(ctx context.Context) (bool, error) {
	if !a.release.Drain || len(a.hand.Registrations) == 0 {
		return false, nil
	}
	if !a.wait(ctx, a.Timing.Others, func() bool { return a.othersServe(ctx, a.release) }) {
		a.Host.Say("no other instance of %s passes its checks, so this one is not drained", a.release.Name)
		return false, ctx.Err()
	}
	a.undo.Add("end the maintenance mode of "+a.release.Name, func(ctx context.Context) error { return a.showByHand(ctx) })
	if err := a.maintainByHand(ctx, true); err != nil {
		return false, fmt.Errorf("%s could not be taken out of traffic: %w", a.release.Name, err)
	}
	host.Pause(ctx, a.Timing.Heard)
	return true, ctx.Err()
}

// maintainByHand sets the maintenance mode of all registrations; of one that is gone there is none.
func (a *apply) maintainByHand(ctx context.Context, on bool) error {
	var failed []error
	for _, one := range a.hand.Registrations {
		status, err := a.Agent.Status(ctx, one.ID)
		if err == nil && status == consul.Absent {
			continue
		}
		if err == nil {
			err = withTokens(a.tokens(a.hand, one.ID), func(token string) error { return a.Agent.Maintenance(ctx, one.ID, on, token) })
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// showByHand sends callers to what was made by hand again.
func (a *apply) showByHand(ctx context.Context) error {
	var err error
	a.wait(ctx, a.Timing.Offered, func() bool {
		err = a.maintainByHand(ctx, false)
		return err == nil
	})
	if err != nil {
		return fmt.Errorf("%s stays in maintenance mode on this node: %w", a.release.Name, err)
	}
	return nil
}

// answers is how long an Envoy whose new connections are held back has to answer what it has.
const answers = time.Second

// endByHand lets what was made by hand finish its requests, and stops it.
func (a *apply) endByHand(ctx context.Context) error {
	admins := a.adminsByHand()
	for _, port := range admins {
		a.undo.Add("let the Envoy go on", func(ctx context.Context) error {
			_ = a.Envoy(port).Post(ctx, "/healthcheck/ok") // one that was started again needs no word
			return nil
		})
		a.Node.lastAnswers(ctx, port)
	}
	for _, port := range admins {
		a.wait(ctx, min(answers, a.Timing.Drain), func() bool { return a.quiet(ctx, port) })
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	var running []string
	for _, unit := range a.swap.units {
		if started(unit) {
			a.swap.restarted[unit.Name] = true
			running = append(running, unit.Name)
		}
	}
	if len(running) == 0 {
		return nil
	}
	if err := a.stop(ctx, running...); err != nil {
		return fmt.Errorf("%s could not be stopped: %w", a.hand, err)
	}
	return ctx.Err()
}

// lastAnswers has an Envoy tell its callers with each answer to open another connection. One that does not listen is not
// waited for.
func (n *Node) lastAnswers(ctx context.Context, adminPort int) {
	if err := n.Envoy(adminPort).Post(ctx, "/healthcheck/fail"); err != nil {
		n.Host.Say("the Envoy on port %d does not answer, so its requests are not waited for: %v", adminPort, err)
	}
}

// nextToPersisted is a path next to the folders in which Consul looks.
func nextToPersisted(path string) string {
	return filepath.Join(consulData, filepath.Base(filepath.Dir(path))+"-"+filepath.Base(path))
}

// keepPersisted adds what Consul keeps of registrations. The copies are where it does not look for any.
func (s *snapshot) keepPersisted(found *ByHand) error {
	for _, one := range found.Persisted {
		for _, path := range one.files {
			kept := undo.Kept(nextToPersisted(path))
			if err := s.node.Host.Remove(kept); err != nil {
				return err
			}
			if err := s.node.Host.HardLink(path, kept); err != nil {
				return fmt.Errorf("what Consul keeps of %q could not be kept: %w", one.id, err)
			}
			s.files = append(s.files, keptFile{path, kept})
		}
	}
	return nil
}

// files of it, but for what Consul keeps.
func (b *ByHand) files(h *host.Host) []string {
	paths := slices.Clone(b.Definitions)
	for _, unit := range b.Units {
		paths = append(append(paths, filepath.Join(host.UnitDir, unit.Name)), dropIns(h, unit.Name)...)
	}
	return paths
}

// listening are the registrations on whose ports something of this node listens.
func (n *Node) listening(found *ByHand) []consul.Registration {
	return slices.DeleteFunc(slices.Clone(found.Registrations), func(one consul.Registration) bool {
		return one.Port == 0 || len(n.Processes.Holders(one.Address, one.Port)) == 0
	})
}

// restoreByHand puts back what was made by hand, and waits until it serves as it did.
func (a *apply) restoreByHand(ctx context.Context) error {
	if a.outage {
		_ = a.Hold.Hold(a.release.Name, a.heldByHand()) // it saves requests, where it can be had
		defer a.Hold.Release(a.release.Name)
	}
	if err := errors.Join(a.keepNoPorts(), a.swap.restore(ctx)); err != nil {
		return err
	}
	serves := func() bool {
		return len(a.listening(a.hand)) >= len(a.handServed) && a.listens(a.served)
	}
	if len(a.swap.restarted) == 0 || host.Wait(ctx, a.Timing.Health, restartPoll, serves) {
		return nil
	}
	return fmt.Errorf("it does not listen on all of its ports: %s", a.hand)
}
