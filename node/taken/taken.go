package taken

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/mark"
)

// Connect to the node's agent with a token; "" is none.
type Connect func(token string) (*consul.Client, error)

// Take is the verb entry take: it writes an entry in place of the one that was made by hand, which is recorded first.
func Take(ctx context.Context, h *host.Host, doc document.EntryTake, connect Connect) error {
	token, err := arrived(h, doc.Owner, doc.Secret)
	if err != nil {
		return err
	}
	if err := keepToken(h, doc.Mesh, token); err != nil {
		return err
	}
	client, err := connect(token)
	if err != nil {
		return err
	}
	if err := consul.WaitForLeader(ctx, client, time.Minute); err != nil {
		return err
	}
	entry := consul.Entry(doc.Entry)
	name := entry.Kind() + "/" + entry.Name()
	present, err := client.Entry(ctx, entry.Kind(), entry.Name())
	if err != nil {
		return fmt.Errorf("Consul's config entry %s cannot be read: %s", name, consul.Reason(err))
	}
	if isSame(present, entry) {
		h.Say("%s stays: it is as this mesh declares it", name)
		return nil
	}
	if err := Keep(ctx, client, doc.Mesh, name); err != nil {
		return err
	}
	if err := client.PutEntry(ctx, writable(entry)); err != nil {
		return fmt.Errorf("Consul refuses %s: %s. Correct the declaration and deploy again", name, consul.Reason(err))
	}
	h.Say("wrote %s", name)
	return nil
}

// isSame says whether an entry without a mark is what the mesh would write. Writing it only for the mark would do harm: with
// each write of proxy-defaults, agents register their services again, as healthy as they were the first time.
func isSame(present, entry consul.Entry) bool {
	if present == nil || present.Mesh() != "" {
		return false
	}
	return same(withoutMark(present), withoutMark(entry))
}

func withoutMark(entry consul.Entry) consul.Entry {
	plain := maps.Clone(entry)
	meta, _ := plain["Meta"].(map[string]any)
	meta = maps.Clone(meta)
	delete(meta, mark.Meta)
	delete(plain, "Meta")
	if len(meta) > 0 {
		plain["Meta"] = meta
	}
	if plain.Kind() == "mesh" {
		delete(plain, "Name")
	}
	return plain
}

// writable is the entry as Consul takes it: the one of kind mesh has no name in its API.
func writable(entry consul.Entry) consul.Entry {
	if entry.Kind() == "mesh" {
		delete(entry, "Name")
	}
	return entry
}

// Return is the verb entry return: on destroy, it puts an entry back as it was. The write replaces this mesh's entry, so that
// there is no moment without one.
func Return(ctx context.Context, h *host.Host, doc document.EntryReturn, connect Connect) error {
	token, err := keptToken(h, doc)
	if err != nil {
		return err
	}
	client, err := connect(token)
	if err != nil {
		return err
	}
	return putBack(ctx, h, client, doc.Mesh, doc.Kind, doc.Name)
}

// Settle is the verb entry settle: it puts back what was taken over and left the declaration. An entry that the mesh writes
// without taking it over is the mesh's for good.
func Settle(ctx context.Context, h *host.Host, doc document.EntriesSettle, connect Connect) error {
	token, err := arrived(h, doc.Owner, doc.Secret)
	if err != nil {
		return err
	}
	client, err := connect(token)
	if err != nil {
		return err
	}
	names, err := client.Keys(ctx, folder(doc.Mesh))
	if err != nil {
		return fmt.Errorf("the records of config entries that were taken over cannot be read (the keys %s): %s", folder(doc.Mesh), consul.Reason(err))
	}
	for _, name := range names {
		switch kind, entry, _ := strings.Cut(name, "/"); {
		case strings.HasPrefix(name, noted): // is forgotten with the record
		case slices.Contains(doc.TakeOver, name):
		case slices.Contains(doc.Written, name):
			h.Say("%s is this mesh's for good: it is no longer under takeOver.configEntries", name)
			if err := forget(ctx, client, doc.Mesh, name); err != nil {
				return err
			}
		default:
			if err := putBack(ctx, h, client, doc.Mesh, kind, entry); err != nil {
				return err
			}
		}
	}
	if len(doc.TakeOver) > 0 {
		return nil
	}
	return h.Remove(TokenFile(doc.Mesh))
}

// putBack the recorded entry. If there was none, this mesh's entry is removed; an entry that a person has written since
// stays.
func putBack(ctx context.Context, h *host.Host, client *consul.Client, mesh, kind, entry string) error {
	name := kind + "/" + entry
	before, err := recorded(ctx, client, mesh, name)
	var since consul.Entry
	if err == nil {
		since, err = recorded(ctx, client, mesh, noted+name)
	}
	if err != nil {
		return fmt.Errorf("%s is not put back: %s", name, consul.Reason(err))
	}
	now, err := client.Entry(ctx, kind, entry)
	if err != nil {
		return fmt.Errorf("%s is not put back, since it cannot be read: %s", name, consul.Reason(err))
	}
	switch {
	case now != nil && !isOurs(now, mesh) && !same(now, since):
		h.Say("%s stays as it is: it does not carry this mesh's mark any more", name)
	case before != nil:
		if err := client.PutEntry(ctx, before); err != nil {
			return fmt.Errorf("Consul refuses %s as it was before it was taken over: %s. It is recorded under the key %s: change what is in its way, or write it by hand and delete the key, and run this again",
				name, consul.Reason(err), folder(mesh)+name)
		}
		h.Say("%s is back as it was before it was taken over", name)
	case now != nil:
		if err := client.DeleteEntry(ctx, kind, entry); err != nil {
			return fmt.Errorf("Consul does not remove %s: %s", name, consul.Reason(err))
		}
		h.Say("removed %s", name)
	}
	return forget(ctx, client, mesh, name)
}
