package instance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gatehouse/node/host"
)

// giveUp removes a release that did not work, and remembers its binary.
func (a *apply) giveUp(unstage func() error) error {
	if a.old != nil && a.old.Release == a.release.Release {
		return unstage()
	}
	err := unstage()
	if a.release.Binary == nil || a.old == nil || NeededBinaries(a.Host)[a.release.Binary.SHA256] {
		return err
	}
	if slices.Contains(a.record.GivenUp, a.release.Binary.SHA256) {
		return err
	}
	a.record.GivenUp = append(a.record.GivenUp, a.release.Binary.SHA256)
	_ = a.record.write(a.Host, a.release.Name) // on a full disk the sweep finds the binary
	return err
}

// goBack undoes every step. Its error says in which state the node is now.
func (a *apply) goBack(ctx context.Context, cause error) error {
	if a.swap == nil {
		return a.notBegun(cause, a.undo.Run(ctx))
	}
	ctx = context.WithoutCancel(ctx)
	if errors.Is(cause, errUnhealthy) {
		a.Node.report(ctx, a.release)
	}
	undone := a.undo.Run(ctx)
	reason := fmt.Sprintf("%s is not healthy", a.release.Name)
	if !errors.Is(cause, errUnhealthy) {
		reason = fmt.Sprintf("%s could not be put into service: %v", a.release.Name, cause)
	}
	switch {
	case undone != nil && !a.hand.Empty():
		return fmt.Errorf("%s, and what was made by hand could not be put back whole: %w; copies of its files are under %s", reason, undone, host.Backups)
	case undone != nil && a.old == nil:
		return fmt.Errorf("%s, and it could not be removed whole: %w", reason, undone)
	case undone != nil:
		return fmt.Errorf("%s, and going back to release %s failed: %w", reason, a.old.Release, undone)
	case !a.hand.Empty():
		return fmt.Errorf("%s; what was made by hand is back%s", reason, map[bool]string{true: ", and serves"}[len(a.handServed) > 0])
	case a.old == nil && len(a.foundBefore) == 0:
		return fmt.Errorf("%s, and there is no earlier release: it was removed again", reason)
	case a.old == nil:
		return fmt.Errorf("%s; what was here before is back", reason)
	case a.old.Release == a.release.Release && !errors.Is(cause, errUnhealthy):
		return fmt.Errorf("%s; this node is as it was before", reason)
	case a.old.Release == a.release.Release:
		return fmt.Errorf("%s, though its release %s is the one that ran here before; nothing else was tried", reason, a.release.Release)
	case !a.swap.ran():
		return fmt.Errorf("%s; this node went back to release %s, which did not run before either", reason, a.old.Release)
	}
	return fmt.Errorf("%s; this node went back to release %s, which serves", reason, a.old.Release)
}

// notBegun is the error of a release that failed before the instance was changed.
func (a *apply) notBegun(cause, undone error) error {
	what := fmt.Sprintf("the new release of %s could not be put on this node", a.release.Name)
	if a.earlier {
		what = fmt.Sprintf("release %s of %s could not be put into service", a.release.Release, a.release.Name)
	}
	if undone != nil {
		return fmt.Errorf("%s: %w; and the way back failed: %w", what, cause, undone)
	}
	return fmt.Errorf("%s: %w; nothing was changed", what, cause)
}

const (
	// goBackLock is how long going back waits for the node's lock.
	goBackLock = 30 * time.Second
	// goBackStep is how long one step of the way back may take: the earlier release has to become healthy in it.
	goBackStep = 6 * time.Minute
)

// restore what was here, and wait until the earlier release serves.
func (a *apply) restore(ctx context.Context) error {
	unlock := a.lockToGoBack(ctx)
	if !a.hand.Empty() {
		defer unlock()
		return a.restoreByHand(ctx)
	}
	err := a.swap.restore(ctx)
	unlock()
	if err != nil {
		return err
	}
	if a.old == nil || len(a.swap.restarted) == 0 && !a.swap.signalled || !a.swap.ran() {
		return nil
	}
	if a.swap.signalled && !a.swap.restarted[mainUnit(a.old.Name)] {
		if err := a.signal(ctx, a.release); err != nil {
			return err
		}
	}
	if !a.awaitHealth(ctx, *a.old, false, a.served) {
		a.Node.report(ctx, *a.old)
		return errors.New("it does not serve")
	}
	return nil
}

// lockToGoBack takes the node's lock if it is free soon: going back must not fail without it, nor because the connection
// broke.
func (a *apply) lockToGoBack(ctx context.Context) (unlock func()) {
	patient := *a.Host
	patient.Attended = nil
	patient.LockTimeout = min(patient.LockTimeout, goBackLock)
	unlock, err := patient.Lock(ctx, nodeLock)
	if err != nil {
		return func() {}
	}
	return unlock
}
