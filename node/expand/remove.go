package expand

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
)

// errHidden means that Consul shows only a part of the intentions.
var errHidden = errors.New("the token of this node may not read intentions")

// Remove is the verb expand remove: on destroy, it removes the intentions that an expansion made and that Terraform never
// took over, since a deploy failed. The destroy goes on when Consul does not allow it.
func Remove(ctx context.Context, h *host.Host, doc document.ExpandRemoval, connect func(token string) (*consul.Client, error)) error {
	if err := removeMarked(ctx, h, doc, connect); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		h.Say("intentions that an unfinished deploy may have left stay in Consul (%s); they have \"%s\": \"%s\" in their Meta: consul config list -kind %s",
			consul.Reason(err), mark, doc.Mesh, serviceIntentions)
	}
	if err := h.Remove(oldToken); err != nil {
		return fmt.Errorf("the token that an earlier version left at %s cannot be removed: %w", oldToken, err)
	}
	h.RemoveEmpty(host.Secrets, host.Arriving, host.Gatehouse)
	return nil
}

func removeMarked(ctx context.Context, h *host.Host, doc document.ExpandRemoval, connect func(token string) (*consul.Client, error)) error {
	token := tokenOf(h, doc.Mesh)
	client, err := connect(token)
	if err != nil {
		return err
	}
	entries, meta, err := client.Entries(ctx, serviceIntentions)
	if err != nil {
		return err
	}
	var left error
	for _, entry := range entries {
		if !ours(entry, doc.Mesh) {
			continue
		}
		if err := client.DeleteEntry(ctx, serviceIntentions, entry.Name()); err != nil {
			left = err
			continue
		}
		h.Say("removed the intentions of %s", entry.Name())
	}
	if left == nil && (meta.ResultsFilteredByACLs || token == "" && meta.DefaultACLPolicy == "deny") {
		left = errHidden
	}
	return left
}

// tokenOf this node: that of the expansion, which an earlier version left here, or else the node's own. A token that may
// belong to another mesh is not used.
func tokenOf(h *host.Host, mesh string) string {
	paths := []string{oldToken, consul.NodeTokenOf(mesh)}
	if others, err := h.OnRecord(mesh); err == nil && len(others) == 0 {
		paths = append(paths, consul.NodeToken)
	}
	for _, path := range paths {
		if content, err := h.Read(path); err == nil {
			return strings.TrimSpace(string(content))
		}
	}
	return ""
}
