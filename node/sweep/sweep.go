// Package sweep removes from a node what a mesh put there and no longer declares, and nothing else.
package sweep

import (
	"context"
	"slices"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance"
)

type sweep struct {
	*instance.Node
	document.Sweep
	property
	consul Catalogue
}

// Catalogue has the requests of the sweep to the agent that instances do not need.
type Catalogue interface {
	Registrations(ctx context.Context) ([]consul.Registration, error)
}

// Run is the verb sweep.
func Run(ctx context.Context, node *instance.Node, catalogue Catalogue, doc document.Sweep) error {
	if err := checkRecord(node.Host, doc.Owner); err != nil {
		return err
	}
	unlock, err := node.Host.Lock(ctx, "sweep")
	if err != nil {
		return err
	}
	defer unlock()
	if err := consul.WaitForLeader(ctx, node.Agent, node.Timing.Leader); err != nil {
		return err
	}
	s := &sweep{node, doc, property{node.Host, doc.Mesh}, catalogue}
	recorded := s.recorded()
	leftovers := func(ctx context.Context) error { return s.leftovers(ctx, recorded) }
	for _, step := range []func(context.Context) error{s.instances, s.registrations, leftovers, s.secrets, s.fences, s.binaries, s.held, s.copies} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if err := s.ran(); err != nil {
		return err
	}
	node.Host.Say("this node has nothing of the mesh %s that is not declared", doc.Mesh)
	return nil
}

func (s *sweep) declared(name string) bool { return slices.Contains(s.Instances, name) }

// instances removes those of this mesh that are no longer declared. The folder of an instance is the record that it is the
// mesh's.
func (s *sweep) instances(ctx context.Context) error {
	var leaving []string
	for _, name := range s.Host.List(host.Instances) {
		if !s.belongs(name) && s.ownsName(name) {
			leaving = append(leaving, name)
		}
	}
	return s.RemoveWhere(ctx, s.ownsName, leaving...)
}
