package expand

import (
	"slices"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	marks "gatehouse/node/mark"
)

// grants are the writes after which the edges of the declaration are allowed next to those that Consul has. They also
// remove what an earlier deploy granted, that was never finished, and that is no longer declared.
func grants(doc document.Expand, now live) []Write {
	changes := changing(doc, now)
	had := byName(now[serviceIntentions])
	wanted := map[string]bool{}
	var writes []Write
	for _, entry := range entriesOf(doc.Intentions) {
		wanted[entry.Name()] = true
		if write, needed := grant(entry, had[entry.Name()], changes[entry.Name()], doc.Mesh); needed {
			writes = append(writes, write)
		}
	}
	for _, entry := range now[serviceIntentions] {
		if ours(entry, doc.Mesh) && !wanted[entry.Name()] {
			writes = append(writes, remove(entry))
		}
	}
	return writes
}

// ours says whether an expansion of this mesh made the entry. Its name becomes part of an address, so an entry under a name
// that no service of a mesh can have is left alone.
func ours(entry consul.Entry, mesh string) bool {
	meta, _ := entry["Meta"].(object)
	return mesh != "" && text(meta[mark]) == mesh && document.ValidName(entry.Name())
}

func grant(entry, had consul.Entry, change change, mesh string) (write Write, needed bool) {
	before := objects(had["Sources"])
	sources := merged(before, objects(entry["Sources"]), change)
	if had == nil {
		made := consul.Entry{
			"Kind": serviceIntentions, "Name": entry.Name(), "Meta": object{mark: mesh, marks.Meta: mesh}, "Sources": list(sources),
		}
		return put(made, nil), len(sources) > 0
	}
	return put(with(had, "Sources", list(sources)), had), !sameSources(before, sources)
}

// merged sources: the declared ones replace those of the same caller, and the others stay. On tcp there are no permissions
// for some requests, since Consul refuses them.
func merged(before, declared []object, change change) []object {
	had, wanted := bySource(before), bySource(declared)
	var sources []object
	for _, source := range declared {
		if source["Permissions"] != nil && change.from == tcp {
			var there bool
			if source, there = had[keyOf(source)]; !there {
				continue
			}
		}
		sources = append(sources, source)
	}
	for _, source := range before {
		if _, replaced := wanted[keyOf(source)]; !replaced {
			sources = append(sources, source)
		}
	}
	return slices.DeleteFunc(sources, func(source object) bool {
		return source["Permissions"] != nil && change.to == tcp
	})
}

// source identifies a caller: a service of a peer may have the name of one here.
type source struct{ name, peer, group string }

func keyOf(one object) source {
	return source{text(one["Name"]), text(one["Peer"]), text(one["SamenessGroup"])}
}

func bySource(sources []object) map[source]object {
	keyed := make(map[source]object, len(sources))
	for _, one := range sources {
		keyed[keyOf(one)] = one
	}
	return keyed
}

// sameSources says whether the same callers may do the same. Consul adds fields of its own, which do not count.
func sameSources(before, after []object) bool {
	if len(before) != len(after) {
		return false
	}
	had := bySource(before)
	for _, one := range after {
		old, there := had[keyOf(one)]
		if !there || !same(old["Action"], one["Action"]) || !same(old["Permissions"], one["Permissions"]) {
			return false
		}
	}
	return true
}
