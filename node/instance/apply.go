package instance

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
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
	// undo has the way back.
	undo undo.Stack
	// foundBefore are files that were here before the first release.
	foundBefore []string
	// hand is the instance that a person made under the name; nil when there is a release.
	hand *ByHand
	// keeps are automatic ports that this run has kept for those who have later ones.
	keeps []int
	// show has callers use again what is back after a killed takeover; nil when there was none.
	show func(context.Context) error
	// handServed are those of its registrations that listened before.
	handServed []consul.Registration
	// outage says that nothing else serves while this run takes over.
	outage bool
	// swap is the snapshot of the instance's files and units; nil as long as none of them was changed.
	swap *snapshot
	// changed are the changes of the release.
	changed changes
	// renewed says that the binary of the release that runs was put on the node once more: it was missing or had been changed.
	renewed bool
	// earlier says that a person rolls back.
	earlier bool
	// drained are other instances that the same process serves, and that this run took out of traffic.
	drained []document.Instance
	// served are the ports that a gateway's routes have it listen on.
	served []int
}

// Apply puts one release into service: it stages and checks the release, drains the instance if callers can use another node,
// swaps, and waits until the release serves. When a step fails, or a signal ends the run, every step is undone.
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
		run.undo.Timeout += run.patience(old)
	}
	if run.old == nil {
		if err := consul.WaitForLeader(ctx, n.Agent, n.Timing.Leader); err != nil {
			return fmt.Errorf("%w; nothing was changed", err)
		}
		if err := run.findByHand(ctx); err != nil {
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
	// BinariesLock is for runs that install or remove binaries, which instances share.
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
	if err := consul.WaitForLeader(ctx, a.Agent, a.Timing.Leader); err != nil {
		return err
	}
	if !a.beforeInside() {
		if err := a.runBefore(ctx); err != nil {
			return err
		}
	}
	if err := a.putIntoService(ctx); err != nil {
		return err
	}
	if err := a.commit(); err != nil {
		return fmt.Errorf("it could not be recorded: %w", err)
	}
	return ctx.Err()
}

// errUnhealthy means that the release was installed and does not serve.
var errUnhealthy = errors.New("it is not healthy")

// putIntoService swaps to the release. It drains the instance first if another one serves meanwhile.
func (a *apply) putIntoService(ctx context.Context) error {
	files, err := a.files()
	if err != nil {
		return err
	}
	if a.changed, err = a.changes(ctx, a.release, files); err != nil {
		return err
	}
	if unit := mainUnit(a.release.Name); a.renewed && !slices.Contains(a.changed.units, unit) {
		a.changed.units = append([]string{unit}, a.changed.units...)
	}
	if !a.hand.Empty() {
		return a.takeOver(ctx, files)
	}
	isNew, err := a.isNew(ctx)
	if err != nil {
		return err
	}
	fresh := isNew && isCalled(a.release) || a.changed.none()
	a.served = a.servedPorts(ctx)
	drained := false
	if !fresh {
		if drained, err = a.drain(ctx); err != nil {
			return err
		}
	}
	outage := isCalled(a.release) && !fresh && !drained && len(a.changed.units) > 0
	if err := a.swapTo(ctx, isNew, outage); err != nil {
		return err
	}
	if !a.awaitHealth(ctx, a.release, fresh, a.served) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return errUnhealthy
	}
	a.warnOfSignal(ctx)
	return nil
}

// isNew says whether Consul's agent does not know the instance yet, though it has to.
func (a *apply) isNew(ctx context.Context) (bool, error) {
	if a.release.Kind == document.Job {
		return false, nil
	}
	status, err := a.Agent.Status(ctx, a.release.Name)
	if err != nil {
		return false, fmt.Errorf("Consul's agent does not say whether %s is registered: %w", a.release.Name, err)
	}
	return status == consul.Absent, nil
}

func (a *apply) files() ([]liveFile, error) {
	secretText, err := secretEnv(a.Host, releaseFolder(a.release.Name, a.release.Release), a.release)
	if err != nil {
		return nil, fmt.Errorf("the secret variables of %s cannot be read: %w", a.release.Name, err)
	}
	files, err := a.liveFiles(a.release, secretText)
	if err != nil {
		return nil, err
	}
	secret, err := secretFiles(a.Host, a.release)
	return append(files, secret...), err
}
