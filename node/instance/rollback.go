package instance

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"gatehouse/node/host"
	"gatehouse/node/undo"
)

// Rollback goes back to the release that was put into service before the one that runs. Terraform does not know of it.
func (n *Node) Rollback(ctx context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	unlock, err := n.Host.Lock(ctx, instanceLock(name))
	if err != nil {
		return err
	}
	defer unlock()
	current, there := Current(n.Host, name)
	if !there {
		return fmt.Errorf("no release of %s runs on this node", name)
	}
	history, err := record(n.Host, name)
	if err != nil {
		return err
	}
	earlier := history.before(current.Release)
	if earlier == "" {
		return fmt.Errorf("there is no release of %s before %s on this node; the last %d are kept", name, current.Release, keepReleases)
	}
	release, err := Load(n.Host, releaseFolder(name, earlier))
	if err != nil {
		return err
	}
	if err := n.validate(ctx, release); err != nil {
		return fmt.Errorf("release %s of %s is not valid on this node any more: %w; nothing was changed", earlier, name, err)
	}
	n.Host.Say("%s goes back from release %s to %s", name, current.Release, earlier)
	run := &apply{Node: n, release: release, old: &current, record: history, earlier: true, undo: undo.Stack{Timeout: goBackStep + n.patience(current)}}
	if err := run.rollBack(ctx); err != nil {
		return run.goBack(ctx, err)
	}
	run.final()
	n.fence(name, true)
	if err := errors.Join(n.takeBack(ctx, release), run.takeCompanionsBack(ctx)); err != nil {
		return err
	}
	n.Host.Say("%s serves with release %s (restarted: %s)", name, earlier, cmp.Or(strings.Join(run.changed.units, " "), "nothing"))
	n.Host.Say("Terraform does not know: the next deploy that changes %s, or 'npx gatehouse doctor --fix', puts the declared release back", name)
	return nil
}

func (a *apply) rollBack(ctx context.Context) error {
	if err := a.checkProgram(ctx); err != nil {
		return err
	}
	if err := a.putIntoService(ctx); err != nil {
		return err
	}
	// The release that Terraform put here last stays on record, however often a person rolls back.
	if path := rolledBackPath(a.release.Name); !a.Host.Exists(path) {
		if err := a.undo.Write(a.Host, path, []byte(a.old.Release+"\n"), 0o644, host.Owner{}); err != nil {
			return err
		}
	}
	if err := a.pointTo(a.release.Release); err != nil {
		return err
	}
	return ctx.Err()
}
