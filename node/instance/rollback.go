package instance

import (
	"context"
	"fmt"
	"strings"

	"gatehouse/node/document"
	"gatehouse/node/host"
)

// Rollback goes back to the release that was put into service before the one that runs. Terraform does not know of it.
func (n *Node) Rollback(ctx context.Context, name string) error {
	if !document.ValidName(name) {
		return fmt.Errorf("%q is not the name of an instance", name)
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
	run := &apply{Node: n, release: release, old: &current, record: history}
	restarted, err := run.putIntoService(ctx)
	if err != nil {
		return run.goBack(ctx, err)
	}
	run.undo.Forget()
	run.swap.drop()
	if err := n.takeBack(ctx, release); err != nil {
		return err
	}
	if err := n.Host.Link("releases/"+earlier, currentLink(name)); err != nil {
		return err
	}
	// What Terraform put here last stays on record, however often a person goes back.
	if !n.Host.Exists(rolledBackPath(name)) {
		if err := n.Host.Write(rolledBackPath(name), []byte(current.Release+"\n"), 0o644, host.Owner{}); err != nil {
			return err
		}
	}
	n.Host.Say("%s serves with release %s (restarted: %s)", name, earlier, cmpOr(strings.Join(restarted, " "), "nothing"))
	n.Host.Say("Terraform does not know: the next deploy that changes %s, or 'npm run doctor -- --mend', puts the declared release back", name)
	return nil
}
