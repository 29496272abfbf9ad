package expand

import (
	"maps"
	"slices"

	"gatehouse/node/consul"
	"gatehouse/node/document"
)

// inTheWay are the services whose change of protocol Consul refuses while an entry is as it is: those that it ties to another
// service, and those that become tcp, which has no requests to route or split.
func inTheWay(entry consul.Entry, changes map[string]change) []string {
	found := map[string]bool{}
	add := func(name string) {
		if _, is := changes[name]; is {
			found[name] = true
		}
	}
	kind, own := entry.Kind(), entry.Name()
	if kind != serviceResolver && kind != ingressGateway && changes[own].to == tcp {
		add(own)
	}
	for _, one := range links(entry) {
		if one.service == own && kind != ingressGateway {
			continue
		}
		add(one.service)
		if kind != ingressGateway {
			add(own)
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// throughLinks are the writes that remove the links between services whose protocol changes, and later restore them. Within a
// chain, the routers are removed first and restored last.
func throughLinks(doc document.Expand, now live, changes map[string]change, protocol map[string]string) (before, after []Write) {
	isOurs := ownership(doc)
	for _, kind := range routes {
		var come []Write
		for _, entry := range now[kind] {
			if !isOurs(entry) || len(inTheWay(entry, changes)) == 0 {
				continue
			}
			var meanwhile consul.Entry
			if kind == serviceResolver {
				meanwhile = unlinked(entry)
				before = append(before, put(meanwhile, entry))
			} else {
				before = append(before, remove(entry))
			}
			if again := linkedAgain(entry, doc, now, protocol); again != nil {
				come = append(come, put(again, meanwhile))
			}
		}
		after = append(come, after...)
	}
	return before, after
}

// linkedAgain is the entry to restore: as it was if the new protocols allow it, or else as declared if everything that it
// names exists already; nil when it has to wait for the instances.
func linkedAgain(entry consul.Entry, doc document.Expand, now live, protocol map[string]string) consul.Entry {
	if agrees(entry, protocol) {
		return entry
	}
	resolvers := byName(now[serviceResolver])
	for _, declared := range entriesOf(doc.Routing) {
		if nameOf(declared) != nameOf(entry) || !agrees(declared, protocol) {
			continue
		}
		if declared.Kind() == serviceResolver {
			declared = withSubsets(declared, entry)
			resolvers[declared.Name()] = declared
		}
		missing := func(one link) bool {
			_, known := protocol[one.service]
			_, has := subsets(resolvers[one.service])[one.subset]
			return !known || one.subset != "" && !has
		}
		if !slices.ContainsFunc(links(declared), missing) {
			return declared
		}
	}
	return nil
}

// agrees says whether all services that an entry names speak one protocol, as far as Consul has an entry that says which.
func agrees(entry consul.Entry, protocol map[string]string) bool {
	own := protocol[entry.Name()]
	if entry.Kind() != serviceResolver && own == tcp {
		return false
	}
	return !slices.ContainsFunc(links(entry), func(one link) bool {
		other, known := protocol[one.service]
		return known && other != own
	})
}
