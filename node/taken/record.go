// Package taken replaces config entries that were made by hand, and puts those back.
package taken

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gatehouse/node/consul"
	"gatehouse/node/host"
)

// handover is the key in the Meta of an entry that an expansion of a mesh made.
const handover = "gatehouse-handover"

// folder of a mesh's records in Consul's key-value store. A record is in Consul like its entry, so it outlives every node.
func folder(mesh string) string { return "gatehouse/" + mesh + "/taken-over/" }

// Keep records entries, named as kind/name, as they are now. An entry that this mesh made is left out, since it was not made
// by hand, and an existing record stays, since it is of the first time.
func Keep(ctx context.Context, client *consul.Client, mesh string, names ...string) error {
	for _, name := range names {
		if err := keep(ctx, client, mesh, name); err != nil {
			return err
		}
	}
	return nil
}

func keep(ctx context.Context, client *consul.Client, mesh, name string) error {
	kind, entry, _ := strings.Cut(name, "/")
	now, err := client.Entry(ctx, kind, entry)
	if err != nil {
		return fmt.Errorf("Consul's config entry %s, which this mesh takes over, cannot be read: %s", name, consul.Reason(err))
	}
	if now == nil || isOurs(now, mesh) {
		return nil
	}
	if other := now.Mesh(); other != "" {
		return fmt.Errorf("Consul's config entry %s belongs to the mesh %q: nothing was changed. Take it out of one of the two declarations", name, other)
	}
	text, err := json.Marshal(now)
	if err != nil {
		return err
	}
	if err := client.MakeKey(ctx, folder(mesh)+name, text); err != nil {
		return fmt.Errorf("Consul's config entry %s was not taken over, since it could not be recorded under the key %s: %s", name, folder(mesh)+name, consul.Reason(err))
	}
	return nil
}

func isOurs(entry consul.Entry, mesh string) bool {
	meta, _ := entry["Meta"].(map[string]any)
	return entry.BelongsTo(mesh) || meta[handover] == mesh
}

// noted begins the keys, in a mesh's folder, with entries as an expansion left them: without a mark, since they are not taken over
// yet.
const noted = "meanwhile/"

// Note records an entry made by hand as an expansion has just left it. If the takeover fails and is given up, the entry is
// known by that.
func Note(ctx context.Context, client *consul.Client, mesh, name string) error {
	kind, entry, _ := strings.Cut(name, "/")
	now, err := client.Entry(ctx, kind, entry)
	if now == nil || err != nil || isOurs(now, mesh) {
		return err
	}
	text, err := json.Marshal(now)
	if err != nil {
		return err
	}
	return client.PutKey(ctx, folder(mesh)+noted+name, text)
}

// GiveUp puts back entries that an expansion has changed and that the declaration no longer takes over, since the takeover failed. An
// entry that a person has written since stays. It says whether it wrote.
func GiveUp(ctx context.Context, h *host.Host, client *consul.Client, mesh string, takeOver []string) (wrote bool, err error) {
	names, err := client.Keys(ctx, folder(mesh)+noted)
	if err != nil {
		return false, fmt.Errorf("the records of config entries that are taken over cannot be read (the keys %s): %s", folder(mesh), consul.Reason(err))
	}
	for _, name := range names {
		kind, entry, _ := strings.Cut(name, "/")
		now, err := client.Entry(ctx, kind, entry)
		if err != nil {
			return wrote, fmt.Errorf("Consul's config entry %s cannot be read: %s", name, consul.Reason(err))
		}
		if slices.Contains(takeOver, name) || now == nil || isOurs(now, mesh) {
			continue
		}
		if err := putBack(ctx, h, client, mesh, kind, entry); err != nil {
			return wrote, err
		}
		wrote = true
	}
	return wrote, nil
}

// recorded entry; nil for none.
func recorded(ctx context.Context, client *consul.Client, mesh, name string) (consul.Entry, error) {
	text, err := client.Key(ctx, folder(mesh)+name)
	if text == nil || err != nil {
		return nil, err
	}
	var entry consul.Entry
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&entry); err != nil {
		return nil, fmt.Errorf("the key %s%s holds no config entry: %w", folder(mesh), name, err)
	}
	return entry, nil
}

// forget what is recorded of an entry.
func forget(ctx context.Context, client *consul.Client, mesh, name string) error {
	return errors.Join(client.DeleteKey(ctx, folder(mesh)+noted+name), client.DeleteKey(ctx, folder(mesh)+name))
}

func same(one, other consul.Entry) bool {
	a, errA := json.Marshal(one)
	b, errB := json.Marshal(other)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}
