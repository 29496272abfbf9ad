package expand

import (
	"cmp"
	"context"

	"gatehouse/node/consul"
	"gatehouse/node/document"
)

// routing are the writes, in stages, that change Consul's entries which route calls to the declared ones. Consul refuses an
// entry that names a missing subset, and the removal of a subset that is named: so each resolver first gets its new subsets
// next to the old ones, then the entries that name them are written, and the old subsets are removed last.
func routing(doc document.Expand, now live) [][]Write {
	declared := entriesOf(doc.Routing)
	var names, resolvers, old []Write
	had := byName(now[serviceResolver])
	for _, entry := range declared {
		if entry.Kind() != serviceResolver {
			names = append(names, put(entry, nil))
			continue
		}
		if both := subsets(withSubsets(had[entry.Name()], entry)); len(both) > len(subsets(entry)) {
			resolvers = append(resolvers, put(with(entry, "Subsets", both), nil))
			old = append(old, put(entry, nil))
		} else {
			resolvers = append(resolvers, put(entry, nil))
		}
	}
	for _, entry := range undeclared(doc, now) {
		if entry.Kind() != serviceResolver {
			names = append(names, remove(entry))
			continue
		}
		if len(links(entry)) > 0 { // two of them may name each other
			resolvers = append(resolvers, put(unlinked(entry), nil))
		}
		old = append(old, remove(entry))
	}
	return [][]Write{unions(declared, now), names, resolvers, old}
}

// unions are the resolvers that Consul has, with the subsets of the declared ones added.
func unions(declared []consul.Entry, now live) []Write {
	had := byName(now[serviceResolver])
	var writes []Write
	for _, entry := range declared {
		if entry.Kind() != serviceResolver || len(subsets(entry)) == 0 {
			continue
		}
		before, there := had[entry.Name()]
		if !there {
			before = consul.Entry{"Kind": serviceResolver, "Name": entry.Name()}
			if entry["Meta"] != nil {
				before["Meta"] = entry["Meta"]
			}
		}
		if union := withSubsets(entry, before); len(subsets(union)) > len(subsets(before)) {
			writes = append(writes, put(with(before, "Subsets", subsets(union)), nil))
		}
	}
	return writes
}

// undeclared are the routing entries of this mesh that it no longer declares.
func undeclared(doc document.Expand, now live) []consul.Entry {
	wanted := declaredNames(doc)
	var found []consul.Entry
	for _, kind := range routes {
		for _, entry := range now[kind] {
			if entry.BelongsTo(doc.Mesh) && !wanted[nameOf(entry)] {
				found = append(found, entry)
			}
		}
	}
	return found
}

const routingFailed = "not every entry that routes calls could be written"

// route writes stage by stage. When Consul refuses an entry for good, or a signal ends the run, all writes are undone.
func (e expansion) route(ctx context.Context, stages [][]Write, now live) error {
	s := settling{expansion: e, current: map[string]consul.Entry{}}
	for _, kind := range routes {
		for _, entry := range now[kind] {
			s.current[nameOf(entry)] = entry
		}
	}
	for _, stage := range stages {
		if err := s.settle(ctx, stage); err != nil {
			return err
		}
	}
	e.host.Say("entries that route calls are as declared")
	return nil
}

// settling is a run of route.
type settling struct {
	expansion
	// current entries of Consul, by kind and name.
	current map[string]consul.Entry
	done    []Write
}

// settle writes one stage. Consul decides the order within it: a write that it refuses is tried again after the others, since
// two redirects that swap, for instance, must not meet.
func (s *settling) settle(ctx context.Context, pending []Write) error {
	for len(pending) > 0 {
		var refused []Write
		var reason error
		for _, write := range pending {
			err := s.once(ctx, write)
			if err != nil && !consul.Answered(err) {
				return s.takeBack(ctx, write, err)
			}
			if err != nil {
				refused = append(refused, write)
				reason = cmp.Or(reason, err)
			}
		}
		if len(refused) == len(pending) {
			return s.takeBack(ctx, refused[0], reason)
		}
		pending = refused
	}
	return nil
}

// once tries a write. One without an answer counts as done, since it may have arrived.
func (s *settling) once(ctx context.Context, write Write) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	write.Before = s.current[write.String()]
	err := s.write(context.WithoutCancel(ctx), write) // see changeProtocols
	if err == nil || !consul.Answered(err) {
		s.done = append(s.done, write)
		s.current[write.String()] = write.Entry
	}
	return err
}

func (s *settling) takeBack(ctx context.Context, refused Write, reason error) error {
	return failure(routingFailed, refused, reason, s.restore(context.WithoutCancel(ctx), s.done))
}
