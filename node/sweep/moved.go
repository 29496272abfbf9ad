package sweep

import (
	"context"
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/mark"
)

const (
	gatewayKind = "ingress-gateway"
	proxyKind   = "connect-proxy"
)

// registrations that this mesh did not make stay; of a moved gateway alone they go.
func (s *sweep) registrations(ctx context.Context) error {
	registered, err := s.consul.Registrations(ctx)
	if err != nil {
		return err
	}
	for _, one := range registered {
		switch {
		case one.Mesh != "" && one.Mesh != s.mesh:
			continue
		case one.Kind == gatewayKind && s.moved(one.Service):
			if err := s.movedGateway(ctx, one.Service, one.ID); err != nil {
				return err
			}
		case one.Kind != proxyKind && s.declared(one.Service) && one.ID != one.Service:
			s.Host.Say("%q stays: it was registered by hand under the name of %s, and callers of %s may be sent to it", one.ID, one.Service, one.Service)
		}
	}
	return nil
}

// moved says whether the declaration runs a gateway of this name on other nodes, and none here.
func (s *sweep) moved(name string) bool {
	return slices.Contains(s.MovedGateways, name) && !s.declared(name) && document.ValidName(name) && !instance.Reserved(name)
}

// movedGateway removes a gateway that was set up here by hand and that the declaration runs on other nodes: the new place
// serves by now. Copies of its files are kept. The name is one of the document; the id is whatever was registered.
func (s *sweep) movedGateway(ctx context.Context, name, id string) error {
	files, shared := s.definitionsOf(name)
	if shared != "" {
		s.Host.Say("the gateway %s stays here: %s defines other services too. Take %s out of it by hand", name, shared, name)
		return nil
	}
	s.Host.Say("removing the gateway %s, which was set up by hand here and which the mesh runs elsewhere", name)
	var units []string
	if unit := name + ".service"; s.runsGateway(unit) {
		units = append(units, unit)
		files = append(files, filepath.Join(host.UnitDir, unit))
	}
	if err := s.Host.Backup(files...); err != nil {
		return err
	}
	if err := s.RemoveUnits(ctx, units...); err != nil {
		return err
	}
	for _, file := range files {
		if err := s.Host.Remove(file); err != nil {
			return err // as long as it is registered the next sweep tries again
		}
	}
	if err := consul.ReloadWhenThere(ctx, s.Agent); err != nil {
		return err
	}
	// What was registered through the API goes with the token of that time, which the agent keeps: the node's own token may
	// change no service. A registration of a file is gone by now.
	_ = s.consul.Deregister(ctx, id, s.tokenOf(id))
	return nil
}

var (
	looksLikeGateway = regexp.MustCompile(`(?i)envoy|gateway`)
	manyServices     = regexp.MustCompile(`(^|[^_[:alnum:]])"?services"?[[:space:]]*[=:{]`)
	oneService       = regexp.MustCompile(`(^|[^_[:alnum:]])"?service"?[[:space:]]*[=:]?[[:space:]]*\{`)
)

// runsGateway says whether a unit runs a gateway: under this name another program may have one.
func (s *sweep) runsGateway(unit string) bool {
	text, err := s.Host.Read(filepath.Join(host.UnitDir, unit))
	return err == nil && looksLikeGateway.Match(text)
}

// definitionsOf a gateway in Consul's folder, and one of them that defines another service too. `destination_name`, which
// every caller has, is another attribute.
func (s *sweep) definitionsOf(name string) (files []string, shared string) {
	defines := regexp.MustCompile(`(^|[^_[:alnum:]])"?name"?[[:space:]]*[=:][[:space:]]*"` + regexp.QuoteMeta(name) + `"`)
	for _, file := range s.Host.List(host.ConsulDir) {
		extension := filepath.Ext(file)
		if extension != ".hcl" && extension != ".json" || s.belongs(strings.TrimSuffix(file, extension)) {
			continue // the agent's own, and those of instances that belong here
		}
		path := filepath.Join(host.ConsulDir, file)
		text, err := s.Host.Read(path)
		if mesh := mark.OfDefinition(text); mesh != "" && mesh != s.mesh {
			continue
		}
		if err != nil || !defines.Match(text) || !strings.Contains(string(text), `"`+gatewayKind+`"`) {
			continue
		}
		if manyServices.Match(text) || len(oneService.FindAll(text, 2)) > 1 {
			return nil, path
		}
		files = append(files, path)
	}
	return files, ""
}

// persisted is the folder where Consul keeps registrations that came through its API.
const persisted = "/opt/consul/services"

func (s *sweep) tokenOf(id string) string {
	for _, file := range s.Host.List(persisted) {
		text, err := s.Host.Read(filepath.Join(persisted, file))
		var kept struct {
			Token   string
			Service struct{ ID string }
		}
		if err == nil && json.Unmarshal(text, &kept) == nil && kept.Service.ID == id {
			return kept.Token
		}
	}
	return ""
}
