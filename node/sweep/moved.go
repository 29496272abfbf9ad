package sweep

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"regexp"

	"gatehouse/node/consul"
	"gatehouse/node/host"
)

// movedGateways removes a gateway that was set up here by hand and that the declaration runs on other nodes: the new place
// serves by now. Copies of its files are kept.
func (s *sweep) movedGateways(ctx context.Context) error {
	registered, err := s.consul.Registrations(ctx)
	if err != nil {
		return err
	}
	for _, name := range s.MovedGateways {
		if s.declared(name) {
			continue
		}
		for _, one := range registered {
			if one.Kind == "ingress-gateway" && one.Service == name {
				if err := s.movedGateway(ctx, name, one.ID); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *sweep) movedGateway(ctx context.Context, name, id string) error {
	s.Host.Say("removing the gateway %s, which was set up by hand here and which the mesh runs elsewhere", name)
	files := s.definitionsOf(name)
	var units []string
	if unit := name + ".service"; s.Host.Exists(filepath.Join(host.UnitDir, unit)) {
		units = append(units, unit)
		files = append(files, filepath.Join(host.UnitDir, unit))
	}
	if err := s.Host.Backup(files...); err != nil {
		return err
	}
	if err := s.RemoveUnits(ctx, units...); err != nil {
		return err
	}
	var failed []error
	for _, file := range files {
		failed = append(failed, s.Host.Remove(file))
	}
	failed = append(failed, consul.ReloadWhenThere(ctx, s.Agent))
	// What was registered through the API goes with the token of that time, which the agent keeps: the node's own token may
	// change no service. A registration of a file is gone by now.
	_ = s.consul.Deregister(ctx, id, s.tokenOf(id))
	return errors.Join(failed...)
}

// definitionsOf a service in Consul's folder. `destination_name`, which every caller has, is another attribute.
func (s *sweep) definitionsOf(name string) []string {
	defines := regexp.MustCompile(`(^|[^_[:alnum:]])"?name"?[[:space:]]*[=:][[:space:]]*"` + regexp.QuoteMeta(name) + `"`)
	var files []string
	for _, file := range s.Host.List(host.ConsulDir) {
		if extension := filepath.Ext(file); extension != ".hcl" && extension != ".json" {
			continue
		}
		if file == "consul.hcl" || s.declared(file[:len(file)-len(filepath.Ext(file))]) {
			continue // the agent's own, and those of instances that belong here
		}
		path := filepath.Join(host.ConsulDir, file)
		if text, err := s.Host.Read(path); err == nil && defines.Match(text) {
			files = append(files, path)
		}
	}
	return files
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
