package expand

import (
	"bytes"
	"encoding/json"
	"maps"

	"gatehouse/node/consul"
	"gatehouse/node/document"
)

// mark is the key in an entry's Meta by which a later deploy knows an entry that Terraform has not taken over yet.
const mark = "gatehouse-handover"

// Kinds of config entries that an expansion reads.
const (
	serviceDefaults   = "service-defaults"
	serviceIntentions = "service-intentions"
	serviceRouter     = "service-router"
	serviceSplitter   = "service-splitter"
	serviceResolver   = "service-resolver"
	ingressGateway    = "ingress-gateway"
)

var kinds = []string{serviceDefaults, serviceIntentions, serviceRouter, serviceSplitter, serviceResolver, ingressGateway}

// tcp is the protocol without requests, so it has neither permissions for some of them nor routes.
const tcp = "tcp"

// live are the config entries that Consul has now, by kind.
type live map[string][]consul.Entry

// object is a part of an entry.
type object = map[string]any

// objects of a list within an entry; none when there is no list.
func objects(list any) []object {
	items, _ := list.([]any)
	found := make([]object, 0, len(items))
	for _, item := range items {
		if one, ok := item.(object); ok {
			found = append(found, one)
		}
	}
	return found
}

// list is the reverse of objects.
func list(items []object) []any {
	all := make([]any, 0, len(items))
	for _, item := range items {
		all = append(all, item)
	}
	return all
}

func text(value any) string {
	text, _ := value.(string)
	return text
}

// same compares two values of JSON, in whatever Go type their numbers are.
func same(one, other any) bool {
	a, errA := json.Marshal(one)
	b, errB := json.Marshal(other)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// with is a copy of an entry with another value of one field.
func with(entry consul.Entry, field string, value any) consul.Entry {
	changed := maps.Clone(entry)
	changed[field] = value
	return changed
}

func byName(entries []consul.Entry) map[string]consul.Entry {
	named := make(map[string]consul.Entry, len(entries))
	for _, entry := range entries {
		named[entry.Name()] = entry
	}
	return named
}

// entriesOf a document.
func entriesOf(declared []map[string]any) []consul.Entry {
	entries := make([]consul.Entry, 0, len(declared))
	for _, entry := range declared {
		entries = append(entries, consul.Entry(entry))
	}
	return entries
}

// change of a service's protocol.
type change struct{ from, to string }

// changing are the services that Consul has with another protocol than the declared one.
func changing(doc document.Expand, now live) map[string]change {
	had := byName(now[serviceDefaults])
	changes := map[string]change{}
	for _, service := range entriesOf(doc.Services) {
		before, there := had[service.Name()]
		if !there || before["Protocol"] == nil {
			continue
		}
		from, to := text(before["Protocol"]), text(service["Protocol"])
		if from != to {
			changes[service.Name()] = change{from, to}
		}
	}
	return changes
}
