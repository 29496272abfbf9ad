package fence

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gatehouse/node/document"
	"gatehouse/node/host"
)

// Path of the fence of an instance.
func Path(name string) string { return filepath.Join(host.Fences, name+".json") }

// Ports of an agent: of the HTTP API, and of Envoys' configuration.
var (
	apiPorts = []int{8500, 8501}
	xdsPorts = []int{8502, 8503}
)

// served says that instances were on the node since it started. After the last one the agent's API stays closed: the agent keeps the
// certificates and keys of what ran here for days, in its memory, and gives them to whoever asks.
const served = host.Locks + "/served"

// unitUsers is how the names of users begin that systemd makes for units.
const unitUsers = "gatehouse-"

// agentUser is the user of an agent that Gatehouse set up.
const agentUser = "consul"

// LoadAll the fences of the node, by the instance's name.
func LoadAll(h *host.Host) (map[string]document.Fence, error) {
	all := map[string]document.Fence{}
	for _, file := range h.List(host.Fences) {
		name, isFence := strings.CutSuffix(file, ".json")
		if !isFence || strings.HasPrefix(file, ".") {
			continue
		}
		one, err := Load(h, name)
		if err != nil {
			return nil, err
		}
		all[name] = one
	}
	return all, nil
}

// Load the fence of an instance.
func Load(h *host.Host, name string) (one document.Fence, err error) {
	text, err := h.Read(Path(name))
	if err == nil {
		err = json.Unmarshal(text, &one)
	}
	if err != nil {
		return one, fmt.Errorf("the fence %s cannot be read: %w", Path(name), err)
	}
	return one, nil
}

// plan collects the rules.
type plan struct {
	Rules
	uid func(name string) (uint32, bool)
	// units are the users of all units.
	units []string
	// strict: see Strict.
	strict bool
	// overridden users: see overriddenUsers.
	overridden []string
	// spared are the ports at which those users' programs would answer.
	spared []int
}

// Strict says whether Gatehouse set up the node's agent, and every instance has a fence. Otherwise programs that are not
// Gatehouse's, or instances of an earlier version, may use the agent and call services: then only the users of fenced units are
// refused.
func Strict(h *host.Host, fences map[string]document.Fence) bool {
	if !h.Exists(host.AgentRecord) {
		return false
	}
	for _, name := range h.List(host.Instances) {
		if _, fenced := fences[name]; !fenced && h.Exists(filepath.Join(host.Instances, name, "current")) {
			return false
		}
	}
	return true
}

// Wanted are the rules that the node's instances need.
func (k Keeper) Wanted() (Rules, error) {
	p, err := k.plan()
	return p.Rules, err
}

func (k Keeper) plan() (plan, error) {
	fences, err := LoadAll(k.Host)
	if err != nil {
		return plan{}, err
	}
	p := plan{Rules: NoRules(), uid: k.UID, strict: Strict(k.Host, fences), overridden: overriddenUsers(k.Host, fences)}
	if len(fences) == 0 {
		if p.strict && k.Host.Exists(served) {
			p.only(apiPorts, agentUser)
		}
		return p, nil
	}
	var services, envoys []string
	for _, one := range fences {
		if one.Envoy != "" {
			envoys = append(envoys, one.Envoy)
		}
		if one.Service != "" {
			services = append(services, one.Service)
		}
	}
	p.units = slices.Concat(services, envoys)
	// A user of the node may run programs that are not of a mesh.
	p.units = slices.DeleteFunc(p.units, func(name string) bool { return !strings.HasPrefix(name, unitUsers) })
	for _, one := range fences {
		p.instance(one)
	}
	xds := append(slices.Clone(xdsPorts), otherXDS(k.Host)...)
	if p.strict {
		p.only(apiPorts, agentUser)
		p.only(xds, append(envoys, agentUser)...)
		// An Envoy sends its token there, and without TLS it does not know which program that is. This program looks for itself (package consul).
		p.answer(xds, agentUser)
	} else {
		p.refuse(apiPorts, p.units...)
		p.refuse(xds, p.unitsBut(envoys...)...)
	}
	if !answersHaveUsers(k.Host) {
		clear(p.Answer)
	}
	return p, nil
}

func (p *plan) instance(one document.Fence) {
	if one.AdminPort != 0 { // an Envoy's listener for its own readiness asks its own page
		p.only([]int{one.AdminPort}, one.Envoy)
		p.answer([]int{one.AdminPort}, one.Envoy)
	}
	for _, port := range []int{one.Port, one.HealthPort} {
		own := []int{port}
		switch {
		case port == 0:
		case p.strict && one.Service != "":
			p.only(own, one.Service, one.Envoy, agentUser)
			p.answer(own, one.Service)
		default:
			p.refuse(own, p.unitsBut(one.Service, one.Envoy)...)
		}
	}
	switch {
	case one.ReadyPort == 0:
	case p.strict:
		p.only([]int{one.ReadyPort}, agentUser)
		p.answer([]int{one.ReadyPort}, one.Envoy)
	default:
		p.refuse([]int{one.ReadyPort}, p.units...)
	}
	p.answer(one.Upstreams, one.Envoy)
	if one.Service != "" {
		p.only(one.Upstreams, one.Service)
	} else {
		p.refuse(one.Upstreams, p.units...) // the user of a unit of others is not known
	}
}

func (p *plan) unitsBut(names ...string) []string {
	return slices.DeleteFunc(slices.Clone(p.units), func(name string) bool { return slices.Contains(names, name) })
}

func (p *plan) only(ports []int, names ...string)   { p.add(p.Only, ports, names) }
func (p *plan) refuse(ports []int, names ...string) { p.add(p.Refused, ports, names) }

// answer: a program of another user that takes a port while its own process is away is taken for that process otherwise.
func (p *plan) answer(ports []int, name string) {
	if slices.Contains(p.overridden, name) {
		p.spared = append(p.spared, ports...)
		return
	}
	p.add(p.Answer, ports, []string{name})
}

func (p *plan) add(rules map[int]UIDs, ports []int, names []string) {
	uids := UIDs{}
	for _, name := range names {
		if uid, known := p.uid(name); known {
			uids = append(uids, uid)
		}
	}
	for _, port := range ports {
		all := append(slices.Clone(uids), rules[port]...)
		slices.Sort(all)
		rules[port] = slices.Compact(all)
	}
}
