package instance

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/secrets"
	"gatehouse/node/undo"
)

// apply is one run that puts a release into service, or leaves the node as it was.
type apply struct {
	*Node
	release document.Instance
	// old is the release that runs; nil when there is none.
	old *document.Instance
	// record before this run, and after it.
	record, next Record
	// undo is the way back.
	undo undo.Stack
	// foundBefore are files that were here before the first release.
	foundBefore []string
	// hand is what a person made under the name; nil when there is a release.
	hand *ByHand
	// handServed are those of its registrations that listened before.
	handServed []consul.Registration
	// outage says that nothing else serves while this run takes over.
	outage bool
	// swap is what the instance's files and units were; nil as long as nothing of them was changed.
	swap *snapshot
	// changed is what the release brings.
	changed changes
	// earlier says that a person goes back, and nothing new came.
	earlier bool
	// served are the ports that a gateway's routes have it listen on.
	served []int
}

// Apply puts one release into service: staged and checked first, drained where callers can go to another node, swapped,
// watched until it serves. When anything goes wrong on the way, a signal included, every step is undone.
//
// values are the secret variables by name.
func (n *Node) Apply(ctx context.Context, release document.Instance, values map[string]string) error {
	if err := check(release); err != nil {
		return err
	}
	if err := n.Host.CheckOwner(release.Owner); err != nil {
		return err
	}
	unlock, err := n.Host.Lock(ctx, instanceLock(release.Name))
	if err != nil {
		return fmt.Errorf("%w; nothing was changed", err)
	}
	defer unlock()
	if err := checkOwner(n.Host, release.Owner, release.Name); err != nil {
		return err
	}
	if err := n.Host.NeedRoom(host.Gatehouse, host.UnitDir, host.ConsulDir); err != nil {
		return err
	}
	if err := recoverReplaced(n.Host, release.Name); err != nil {
		return fmt.Errorf("what an interrupted run left could not be put back: %w", err)
	}
	run := &apply{Node: n, release: release, undo: undo.Stack{Timeout: goBackStep}}
	if run.record, err = record(n.Host, release.Name); err != nil {
		return err
	}
	if old, there := Current(n.Host, release.Name); there {
		run.old = &old
	}
	if run.old == nil {
		if err := consul.WaitForLeader(ctx, n.Agent); err != nil {
			return fmt.Errorf("%w; nothing was changed", err)
		}
		if run.hand, err = n.FindByHand(ctx, release.Kind, release.Name); err != nil {
			return fmt.Errorf("%w; nothing was changed", err)
		}
		if err := run.hand.refusal(release.TakeOver); err != nil {
			return err
		}
	}
	if err := run.do(ctx, values); err != nil {
		return run.goBack(ctx, err)
	}
	return run.finish(ctx)
}

func instanceLock(name string) string { return "instance-" + name }

const (
	// BinariesLock is for whoever puts or removes binaries, which instances share.
	BinariesLock = "binaries"
	nodeLock     = "node"
)

// do everything that can be undone.
func (a *apply) do(ctx context.Context, values map[string]string) error {
	if err := a.stage(ctx, values); err != nil {
		return err
	}
	if err := a.validate(ctx, a.release, a.hand.definitions()...); err != nil {
		return err
	}
	if err := consul.WaitForLeader(ctx, a.Agent); err != nil {
		return err
	}
	if err := a.putIntoService(ctx); err != nil {
		return err
	}
	if err := a.commit(); err != nil {
		return fmt.Errorf("it could not be recorded: %w", err)
	}
	return ctx.Err()
}

// stage the release and its binary on the node; nothing of it is in service yet.
func (a *apply) stage(ctx context.Context, values map[string]string) error {
	name := a.release.Name
	secretText, err := a.secretText(values)
	if err != nil {
		return err
	}
	if a.old == nil && !a.Host.Exists(Home(name)) {
		a.undo.Add("remove "+Home(name), func(context.Context) error { return a.Host.Remove(Home(name)) })
	}
	for _, folder := range []string{host.Binaries, Home(name), Home(name) + "/releases"} {
		if err := a.Host.Folder(folder, 0o755, host.Owner{}); err != nil {
			return err
		}
	}
	if err := a.Host.Folder(host.EnvDir, 0o700, host.Owner{}); err != nil {
		return err
	}
	if a.release.Binary != nil {
		// Services of this node may share one: no other run may take it for unneeded before a release names it.
		unlock, err := a.Host.Lock(ctx, BinariesLock)
		if err != nil {
			return err
		}
		defer unlock()
		if err := a.takeBinary(a.release); err != nil {
			return err
		}
	}
	unstage, err := stage(a.Host, a.release, secretText)
	if err != nil {
		return fmt.Errorf("the release could not be written: %w", err)
	}
	a.undo.Add("remove the release "+a.release.Release, func(context.Context) error { return a.giveUp(unstage) })
	return nil
}

func (a *apply) secretText(values map[string]string) ([]byte, error) {
	if len(a.release.Secrets) == 0 {
		return nil, nil
	}
	names := make([]string, len(a.release.Secrets))
	for i, one := range a.release.Secrets {
		names[i] = one.Name
	}
	return secrets.Environment(values, names)
}

// errUnhealthy is told when the release was put in place and does not serve.
var errUnhealthy = errors.New("it is not healthy")

// putIntoService swaps to the release, drained where another instance serves meanwhile.
func (a *apply) putIntoService(ctx context.Context) error {
	files, err := a.files()
	if err != nil {
		return err
	}
	if a.changed, err = a.changes(ctx, a.release, files); err != nil {
		return err
	}
	if !a.hand.Empty() {
		return a.takeOver(ctx, files)
	}
	status, err := a.Agent.Status(ctx, a.release.Name)
	if err != nil {
		return fmt.Errorf("Consul's agent does not tell whether %s is registered: %w", a.release.Name, err)
	}
	isNew := status == consul.Absent
	fresh := isNew || a.changed.none()
	a.served = a.servedPorts(ctx)
	drained := false
	if !fresh {
		if drained, err = a.drain(ctx); err != nil {
			return err
		}
	}
	outage := !fresh && !drained && len(a.changed.units) > 0
	if err := a.swapTo(ctx, isNew, outage); err != nil {
		return err
	}
	if !a.awaitHealth(ctx, a.release, fresh, a.served) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return errUnhealthy
	}
	return nil
}

func (a *apply) files() ([]liveFile, error) {
	secretText, err := secretEnv(a.Host, releaseFolder(a.release.Name, a.release.Release), a.release)
	if err != nil {
		return nil, fmt.Errorf("the secret variables of %s cannot be read: %w", a.release.Name, err)
	}
	return a.liveFiles(a.release, secretText)
}

// drain sends callers elsewhere and lets running requests end. False when there is nowhere else: then waiting only makes
// the outage longer.
func (a *apply) drain(ctx context.Context) (bool, error) {
	if !a.release.Drain {
		return false, nil
	}
	if !a.wait(ctx, a.Timing.Others, func() bool { return a.othersServe(ctx, a.release) }) {
		a.Host.Say("no other instance of %s passes its checks, so this one is not drained", a.release.Name)
		return false, ctx.Err()
	}
	kind, name := a.release.Kind, a.release.Name
	a.undo.Add("end the maintenance mode of "+name, func(ctx context.Context) error { return a.undrain(ctx, kind, name) })
	if err := a.hide(ctx, kind, name); err != nil {
		return false, fmt.Errorf("%s could not be taken out of traffic: %w", name, err)
	}
	pause(ctx, a.Timing.Heard)
	draining := a.release
	if a.old != nil {
		draining = *a.old // its Envoy is the one that runs
	}
	a.endRequests(ctx, draining)
	return true, ctx.Err()
}

func cmpOr(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
