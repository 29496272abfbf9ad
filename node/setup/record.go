package setup

import (
	"context"
	"encoding/json"
	"fmt"

	"gatehouse/node/agent"
	"gatehouse/node/consul"
	"gatehouse/node/host"
)

// checkOthers refuses a declaration of this node that contradicts that of another mesh on it: both use the same agent.
func (s *setup) checkOthers() error {
	records, err := s.h.Records()
	if err != nil {
		return err
	}
	for _, other := range records {
		switch {
		case other.Mesh == s.doc.Mesh:
		case other.Node != s.doc.Node:
			return fmt.Errorf("this node is %s for the mesh %s, which is on it too, and %s for %s: nothing was changed. Give it one name, that of the node in Consul",
				host.Clean(other.Node), host.Clean(other.Mesh), s.doc.Node, s.doc.Mesh)
		case other.TLS != s.doc.TLS:
			return fmt.Errorf("the mesh %s, which is on this node too, has consul.tls %t, and %s has %t: nothing was changed. The agent has one of them; write that in both",
				host.Clean(other.Mesh), other.TLS, s.doc.Mesh, s.doc.TLS)
		}
	}
	return nil
}

// record takes the node into the mesh. The record of an earlier version is replaced; for several meshes there is one that an
// earlier version refuses, since its sweep would remove the other meshes.
func (s *setup) record(context.Context) error {
	text, err := json.MarshalIndent(host.NodeRecord{Owner: s.doc.Owner, Role: s.doc.Role, TLS: s.doc.TLS}, "", "  ")
	if err != nil {
		return err
	}
	before, err := s.h.Record(s.doc.Mesh)
	if err != nil {
		return err
	}
	if before.Earlier {
		if err := s.moveToken(); err != nil {
			return err
		}
	}
	if _, err := s.undo.WriteIfNew(s.h, host.RecordFile(s.doc.Mesh), append(text, '\n'), 0o644, root); err != nil {
		return err
	}
	others, err := s.h.OnRecord(s.doc.Mesh)
	if err != nil {
		return err
	}
	if refusal := host.EarlierRecord(len(others) + 1); refusal != "" {
		_, err = s.undo.WriteIfNew(s.h, host.NodeFile, []byte(refusal), 0o644, root)
		return err
	}
	_, err = s.undo.Remove(s.h, host.NodeFile)
	return err
}

// moveToken of a mesh with an existing Consul: earlier versions had one file for any mesh.
func (s *setup) moveToken() error {
	text, err := s.h.Read(consul.NodeToken)
	_, isAgents, _ := agent.ReadRecord(s.h)
	if err != nil || isAgents || s.h.Exists(consul.NodeTokenOf(s.doc.Mesh)) {
		return nil //nolint:nilerr // there is none
	}
	if err := s.undo.Write(s.h, consul.NodeTokenOf(s.doc.Mesh), text, 0o600, root); err != nil {
		return err
	}
	_, err = s.undo.Remove(s.h, consul.NodeToken)
	return err
}
