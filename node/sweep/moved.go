package sweep

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/instance"
	"gatehouse/node/systemd"
)

const (
	gatewayKind = string(document.IngressGateway)
	proxyKind   = "connect-proxy"
)

// registrations removes gateways that were let go. Other registrations that this mesh did not make stay.
func (s *sweep) registrations(ctx context.Context) error {
	for _, name := range s.LetGo {
		if !s.declared(name) && document.ValidName(name) && !instance.Reserved(name) {
			if err := s.letGo(ctx, name); err != nil {
				return err
			}
		}
	}
	registered, err := s.consul.Registrations(ctx)
	if err != nil {
		return err
	}
	for _, one := range registered {
		if one.Mesh != "" && one.Mesh != s.mesh {
			continue
		}
		if one.Kind != proxyKind && s.declared(one.Service) && !s.declared(one.ID) {
			s.Host.Say("%q stays: it was registered by hand under the name of %s, and callers of %s may be sent to it", one.ID, one.Service, one.Service)
		}
	}
	return nil
}

// letGo removes a gateway that a person made here and that the declaration runs on other nodes, where it serves by now.
// Copies of its files are kept.
func (s *sweep) letGo(ctx context.Context, name string) error {
	found, err := s.FindByHand(ctx, document.IngressGateway, name, "")
	if err != nil {
		return err
	}
	// Another program may have the name.
	found.Registrations = slices.DeleteFunc(found.Registrations, func(one consul.Registration) bool { return one.Kind != gatewayKind })
	found.Units = slices.DeleteFunc(found.Units, func(unit systemd.Unit) bool { return !s.runsGateway(unit) })
	if len(found.Registrations) == 0 && (len(found.Definitions) == 0 || len(found.Units) == 0) {
		return nil
	}
	if len(found.Shared) > 0 {
		s.Host.Say("the gateway %s stays here: %s", name, strings.Join(found.Shared, "; "))
		return nil
	}
	s.Host.Say("removing the gateway %s, which was made by hand here and which the mesh runs elsewhere: %s", name, found)
	return s.RemoveByHand(ctx, found)
}

var looksLikeGateway = regexp.MustCompile(`(?i)envoy|gateway`)

func (s *sweep) runsGateway(unit systemd.Unit) bool {
	text, err := s.Host.Read(unit.FragmentPath)
	return err == nil && looksLikeGateway.Match(text)
}
