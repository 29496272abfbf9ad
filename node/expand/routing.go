package expand

import (
	"context"

	"gatehouse/node/consul"
	"gatehouse/node/document"
)

// routing are the writes, in stages, that bring the entries which route calls from what Consul has to what is declared.
// Consul refuses an entry that names a subset which is not there, and the removal of one that is named: so each resolver
// first gets its new subsets next to the old ones, then comes all that names them, and the old ones go last.
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

// undeclared are the routing entries of this mesh that it declares no more.
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

// route writes stage by stage. Within a stage the order is Consul's: what it refuses is tried again after the others,
// since two redirects that change places, for instance, must not meet. When nothing more is accepted, or the run is to
// end, all is taken back.
func (e expansion) route(ctx context.Context, stages [][]Write, now live) error {
	whole := context.WithoutCancel(ctx) // see changeProtocols
	current := map[string]consul.Entry{}
	for _, kind := range routes {
		for _, entry := range now[kind] {
			current[nameOf(entry)] = entry
		}
	}
	var done []Write
	for _, pending := range stages {
		for len(pending) > 0 {
			var refused []Write
			var reason error
			for _, write := range pending {
				if ctx.Err() != nil {
					return failure(routingFailed, write, context.Cause(ctx), e.restore(whole, done))
				}
				write.Before = current[write.String()]
				err := e.write(whole, write)
				switch {
				case err == nil:
					done = append(done, write)
					current[write.String()] = write.Entry
				case consul.Answered(err):
					if len(refused) == 0 {
						reason = err
					}
					refused = append(refused, write)
				default: // it may have arrived
					return failure(routingFailed, write, err, e.restore(whole, append(done, write)))
				}
			}
			if len(refused) == len(pending) {
				return failure(routingFailed, refused[0], reason, e.restore(whole, done))
			}
			pending = refused
		}
	}
	e.host.Say("entries that route calls are as declared")
	return nil
}
