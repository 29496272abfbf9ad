package setup

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/secrets"
	"gatehouse/node/undo"
)

const (
	// leftAfter is how old a secret that arrived must be to count as left behind: its run takes it within seconds.
	leftAfter = 5 * time.Minute
	// forgetAfter is when systemd looks for what the run of this moment has left behind.
	forgetAfter = 10 * time.Minute
)

// Later has systemd run this program with these words after a delay, whatever becomes of the run that asks for it.
type Later func(ctx context.Context, delay time.Duration, words ...string) error

// Incoming makes the folder into which Terraform puts secrets as the user who logs in: closed to all others before
// anything arrives. The folder is in memory, so a reboot empties it. systemd empties it when the run that is to take the
// secrets never begins, or is killed.
func Incoming(ctx context.Context, h *host.Host, login string, later Later, doc document.Incoming) error {
	if err := h.CheckOwner(doc.Owner); err != nil {
		return err
	}
	if err := h.NeedRoom(host.Gatehouse); err != nil {
		return err
	}
	if err := later(ctx, forgetAfter, "secrets", "forget"); err != nil {
		return fmt.Errorf("systemd cannot be told to remove secrets that no run takes, so none may arrive: %w; nothing was changed. Correct that and deploy again", err)
	}
	if err := h.Folder(host.Arriving, 0o755, root); err != nil {
		return err
	}
	if err := h.Folder(secrets.Arriving(doc.Mesh), 0o700, host.Owner{User: login}); err != nil {
		return err
	}
	if err := removeEarlierArriving(h, doc.Mesh); err != nil {
		return err
	}
	return Forget(h)
}

// Forget removes secrets that no run is going to take any more. It is also what systemd runs some minutes after each arrival.
func Forget(h *host.Host) error {
	if !h.Exists(host.Arriving) {
		return nil
	}
	return filepath.WalkDir(h.Path(host.Arriving), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err != nil || time.Since(info.ModTime()) < leftAfter {
			return nil //nolint:nilerr // another run has just taken it
		}
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			return err
		}
		return nil
	})
}

// nodesOwn is the name of the program's own token for a mesh with an existing Consul.
const nodesOwn = "_agent"

func tokenFile(mesh, name string) string {
	if name == nodesOwn {
		return consul.NodeTokenOf(mesh)
	}
	return instance.TokenFile(name)
}

// Tokens installs the tokens of the node's instances, all of them or none. An instance that runs with an earlier token is
// restarted by its own transaction.
func Tokens(ctx context.Context, h *host.Host, doc document.Tokens) error {
	tokens, err := secrets.Take(h, doc.Mesh, "tokens")
	if err != nil {
		return err
	}
	release, err := h.Lock(ctx, "tokens")
	if err != nil {
		return err
	}
	defer release()
	if err := h.CheckOwner(doc.Owner); err != nil {
		return err
	}
	names := make([]string, 0, len(tokens))
	for name, token := range tokens {
		if !document.ValidName(name) || token == "" {
			return fmt.Errorf("the token of %q cannot be used: it is empty, or its name is not that of an instance; nothing was changed. Deploy again", name)
		}
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if name == nodesOwn {
			continue
		}
		if err := instance.Claim(ctx, h, doc.Owner, name); err != nil {
			return err
		}
	}
	var changed undo.Stack
	for _, name := range names {
		path := tokenFile(doc.Mesh, name)
		if _, err := changed.WriteIfNew(h, path, []byte(tokens[name]+"\n"), 0o600, root); err != nil {
			if undone := changed.Run(ctx); undone != nil {
				return fmt.Errorf("%w; the earlier tokens could not be put back: %w", err, undone)
			}
			return fmt.Errorf("%w; the earlier tokens are in place", err)
		}
	}
	changed.Forget()
	for _, name := range names {
		if err := undo.Clean(h, tokenFile(doc.Mesh, name)); err != nil { // of a killed run
			return err
		}
	}
	h.Say("tokens on %s: %s", doc.Node, strings.Join(names, ", "))
	return nil
}
