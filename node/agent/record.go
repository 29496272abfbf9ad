package agent

import (
	"encoding/json"
	"fmt"
	"strings"

	"gatehouse/node/document"
	"gatehouse/node/host"
)

// RecordFile says that Gatehouse set up the agent, and for which mesh: without this file, a person set up the agent.
const RecordFile = host.AgentRecord

// legacyRecord is the file that earlier versions wrote: lines of NAME='value'.
const legacyRecord = host.Gatehouse + "/agent.conf"

// Record of an agent that Gatehouse set up.
type Record struct {
	// Mesh is "" in a record of an earlier version.
	Mesh string        `json:"mesh"`
	Role document.Role `json:"role"`
	// AddedUser says that the user consul was made for it.
	AddedUser bool `json:"addedUser"`
}

// ReadRecord also says whether there is one.
func ReadRecord(h *host.Host) (record Record, there bool, err error) {
	if text, err := h.Read(RecordFile); err == nil {
		if err = json.Unmarshal(text, &record); err != nil {
			return record, true, fmt.Errorf("%s cannot be read: %w", RecordFile, err)
		}
		return record, true, nil
	}
	if text, err := h.Read(legacyRecord); err == nil {
		conf := host.Conf(string(text))
		return Record{conf["MESH"], document.Role(conf["ROLE"]), conf["ADDED_USER"] == "yes"}, true, nil
	}
	return record, h.Exists(RecordFile) || h.Exists(legacyRecord), nil
}

func (r Record) text() ([]byte, error) {
	text, err := json.MarshalIndent(r, "", "  ")
	return append(text, '\n'), err
}

// CheckOwner refuses a node whose agent another mesh set up, or that an earlier version deployed for another mesh.
func CheckOwner(h *host.Host, owner document.Owner) error {
	if err := h.CheckOwner(owner); err != nil {
		return err
	}
	other, err := OtherMesh(h, owner)
	if err != nil || other == "" {
		return err
	}
	other = host.Clean(other)
	return fmt.Errorf("the Consul agent of this node is of the mesh %s, and the deploy is of %s: nothing was changed. Write existing: true under consul in %s; if %s was renamed, name it %s again",
		other, owner.Mesh, owner.Mesh, other, other)
}

// OtherMesh is the one that set up the agent; "" when it is this one, a person, or an earlier version that did not say.
func OtherMesh(h *host.Host, owner document.Owner) (string, error) {
	record, _, err := ReadRecord(h)
	if err != nil || record.Mesh == owner.Mesh {
		return "", err
	}
	return record.Mesh, nil
}

// checkAlone refuses to set up or to remove the agent of a node where other meshes need the one that is there.
func checkAlone(h *host.Host, owner document.Owner, reason string) error {
	others, err := h.OnRecord(owner.Mesh)
	if err != nil || len(others) == 0 {
		return err
	}
	return fmt.Errorf("%s. This node has instances of: %s; nothing was changed", reason, host.Clean(strings.Join(others, ", ")))
}
