package expand

import (
	"slices"

	"gatehouse/node/document"
)

// protocols are the writes that change services to their declared protocol. Everything that leads to a service must always
// agree with its protocol: so listeners and links are removed, the protocols are changed, and listeners and links are
// restored.
func protocols(doc document.Expand, now live) []Write {
	changes := changing(doc, now)
	after := protocolsAfter(doc, now, changes)
	listenersGo, listenersCome := throughGateways(doc, now, changes, after)
	linksGo, linksCome := throughLinks(doc, now, changes, after)
	return slices.Concat(listenersGo, linksGo, services(doc, now, changes), linksCome, listenersCome)
}

// throughGateways are the writes that remove listeners, and later restore them.
func throughGateways(doc document.Expand, now live, changes map[string]change, protocol map[string]string) (before, after []Write) {
	affected := func(name string) bool { _, is := changes[name]; return is }
	declared, isOurs := byName(entriesOf(doc.Gateways)), ownership(doc)
	for _, gateway := range now[ingressGateway] {
		listeners := objects(gateway["Listeners"])
		if !isOurs(gateway) || !slices.ContainsFunc(listeners, naming(affected)) {
			continue
		}
		kept := slices.DeleteFunc(slices.Clone(listeners), naming(affected))
		stripped := with(gateway, "Listeners", list(kept))
		again := append(kept, returning(listeners, objects(declared[gateway.Name()]["Listeners"]), affected, protocol)...)
		before = append(before, put(stripped, gateway))
		after = append(after, put(with(gateway, "Listeners", list(again)), stripped))
	}
	return before, after
}

// services as declared, with their new protocols.
func services(doc document.Expand, now live, changes map[string]change) []Write {
	had := byName(now[serviceDefaults])
	var writes []Write
	for _, service := range entriesOf(doc.Services) {
		if _, is := changes[service.Name()]; is {
			writes = append(writes, put(service, had[service.Name()]))
		}
	}
	return writes
}

// naming says whether a listener leads to a service for which affected is true.
func naming(affected func(service string) bool) func(listener object) bool {
	return func(listener object) bool {
		return slices.ContainsFunc(objects(listener["Services"]), func(service object) bool {
			return affected(text(service["Name"]))
		})
	}
}

// protocolsAfter are the protocols of all services when the change is done, by name.
func protocolsAfter(doc document.Expand, now live, changes map[string]change) map[string]string {
	after := map[string]string{}
	for _, entry := range now[serviceDefaults] {
		after[entry.Name()] = text(entry["Protocol"])
	}
	for name, change := range changes {
		after[name] = change.to
	}
	return after
}

// returning are the declared listeners that replace the removed ones, as far as the services behind them speak their protocol
// already. Terraform adds the others when it writes the gateway.
func returning(listeners, declared []object, affected func(string) bool, protocol map[string]string) []object {
	var again []object
	for _, listener := range declared {
		goes := slices.ContainsFunc(listeners, func(old object) bool {
			return naming(affected)(old) && same(old["Port"], listener["Port"])
		})
		if !goes {
			continue
		}
		led := slices.DeleteFunc(objects(listener["Services"]), func(service object) bool {
			name := text(service["Name"])
			speaks, known := protocol[name]
			return name != "*" && (!known || speaks != text(listener["Protocol"]))
		})
		if len(led) > 0 {
			again = append(again, with(listener, "Services", list(led)))
		}
	}
	return again
}
