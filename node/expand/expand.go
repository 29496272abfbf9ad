// Package expand lets Consul serve the mesh as it was and the mesh as it will be, until every instance is replaced: it allows
// the new edges next to the old ones, and changes the protocol of services in the order that Consul accepts. Planning is
// pure: from what is declared and what Consul has to an ordered list of writes.
package expand

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/secrets"
	"gatehouse/node/taken"
)

const (
	// heard is how long it takes at most until every Envoy knows a new edge.
	heard = time.Second
	// leaderTimeout after which a deploy gives up on Consul's servers, which may just have been set up.
	leaderTimeout = 90 * time.Second
)

// secret is the name under which the token arrives, and its key there.
const secret = "handover"

// oldToken is a file in which an earlier version left the token.
const oldToken = host.Secrets + "/_handover.token"

// Run is the verb expand. Old edges stay until Terraform writes the entries as declared, at the end of the deploy. connect
// is called with the token that arrived; "" where there are no ACLs.
func Run(ctx context.Context, h *host.Host, doc document.Expand, connect func(token string) (*consul.Client, error)) error {
	e, now, err := begin(ctx, h, doc, connect)
	if err != nil {
		return err
	}
	if wrote, err := taken.GiveUp(ctx, h, e.consul, doc.Mesh, doc.TakeOver); err != nil {
		return err
	} else if wrote {
		if now, err = read(ctx, e.consul); err != nil {
			return err
		}
	}
	if err := taken.Keep(ctx, e.consul, doc.Mesh, doc.TakeOver...); err != nil {
		return err
	}
	if err := e.grant(ctx, grants(doc, now)); err != nil {
		return err
	}
	return e.changeProtocols(ctx, protocols(doc, now))
}

// Route is the verb expand routing: it writes the entries that route calls as declared. The instances that they name serve by
// then, and those of the earlier declaration are not removed yet.
func Route(ctx context.Context, h *host.Host, doc document.Expand, connect func(token string) (*consul.Client, error)) error {
	e, now, err := begin(ctx, h, doc, connect)
	if err != nil {
		return err
	}
	return e.route(ctx, routing(doc, now), now)
}

// begin reads Consul's present entries. Conflicts with entries of others end the run here.
func begin(ctx context.Context, h *host.Host, doc document.Expand, connect func(token string) (*consul.Client, error)) (expansion, live, error) {
	token, err := take(h, doc.Mesh, doc.ACL)
	if err != nil {
		return expansion{}, nil, err
	}
	if err := h.CheckOwner(doc.Owner); err != nil {
		return expansion{}, nil, err
	}
	client, err := connect(token)
	if err != nil {
		return expansion{}, nil, err
	}
	if err := consul.WaitForLeader(ctx, client, leaderTimeout); err != nil {
		return expansion{}, nil, err
	}
	now, err := read(ctx, client)
	if err != nil {
		return expansion{}, nil, err
	}
	return expansion{h, client, doc.Mesh, doc.TakeOver}, now, refuse(doc, now)
}

// take the token, which stays only in memory: it may write every intention.
func take(h *host.Host, mesh string, acl bool) (string, error) {
	if err := h.Remove(oldToken); err != nil {
		return "", fmt.Errorf("the token that an earlier version left at %s cannot be removed: %w", oldToken, err)
	}
	if !acl {
		return "", nil
	}
	return secrets.TakeOne(h, mesh, secret, secret)
}

// read what Consul has now.
func read(ctx context.Context, client *consul.Client) (live, error) {
	now := live{}
	for _, kind := range kinds {
		entries, meta, err := client.Entries(ctx, kind)
		if err != nil {
			return nil, fmt.Errorf("Consul's config entries could not be read: %s: %s", kind, consul.Reason(err))
		}
		if meta.ResultsFilteredByACLs {
			return nil, fmt.Errorf("Consul's config entries could not be read: the token of this step may not read every %s. Give it the rules of the policy gatehouse-...-handover again and deploy again", kind)
		}
		now[kind] = entries
	}
	return now, nil
}

// expansion of the mesh while it runs.
type expansion struct {
	host   *host.Host
	consul *consul.Client
	mesh   string
	// takeOver are entries made by hand, as kind/name, that the mesh is going to write.
	takeOver []string
}

func (e expansion) write(ctx context.Context, write Write) error {
	if write.Verb == Delete {
		return e.consul.DeleteEntry(ctx, write.Kind, write.Name)
	}
	if err := e.consul.PutEntry(ctx, write.Entry); err != nil || !slices.Contains(e.takeOver, write.String()) {
		return err
	}
	if err := taken.Note(ctx, e.consul, e.mesh, write.String()); err != nil {
		return fmt.Errorf("it was written and could not be recorded: %s", consul.Reason(err)) // no answer to the write
	}
	return nil
}

func (e expansion) grant(ctx context.Context, writes []Write) error {
	for _, write := range writes {
		if err := e.write(ctx, write); err != nil {
			return fmt.Errorf("Consul refuses %s: %s. Edges that were made ready before it stay, next to the old ones; correct the declaration and deploy again", write, consul.Reason(err))
		}
	}
	if err := e.waitUntilHeard(ctx, writes); err != nil {
		return err
	}
	e.host.Say("edges made ready: %d", len(writes))
	return nil
}

// waitUntilHeard waits if one of the services runs already. A new one has no Envoy that must learn the edge.
func (e expansion) waitUntilHeard(ctx context.Context, writes []Write) error {
	if len(writes) == 0 {
		return nil
	}
	running, err := e.consul.Services(ctx)
	if err != nil {
		return fmt.Errorf("Consul's catalogue could not be read: %s", consul.Reason(err))
	}
	for _, write := range writes {
		if !running[write.Name] {
			continue
		}
		host.Pause(ctx, heard)
		return ctx.Err()
	}
	return nil
}
