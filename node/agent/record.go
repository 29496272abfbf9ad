package agent

import (
	"encoding/json"
	"fmt"

	"gatehouse/node/document"
	"gatehouse/node/host"
)

// RecordFile says that Gatehouse set up the agent, and for which mesh: without it the agent is another person's.
const RecordFile = host.Gatehouse + "/agent.json"

// legacyRecord is what earlier versions wrote: lines of NAME='value'.
const legacyRecord = host.Gatehouse + "/agent.conf"

// Record of an agent that Gatehouse set up.
type Record struct {
	// Mesh is "" in a record of an earlier version.
	Mesh string        `json:"mesh"`
	Role document.Role `json:"role"`
	// AddedUser says that the user consul was made for it.
	AddedUser bool `json:"addedUser"`
}

// ReadRecord says also whether there is one.
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

// CheckOwner refuses a node that belongs to another mesh, or whose agent does.
func CheckOwner(h *host.Host, owner document.Owner) error {
	if err := h.CheckOwner(owner); err != nil {
		return err
	}
	record, _, err := ReadRecord(h)
	if err != nil {
		return err
	}
	if record.Mesh != "" && record.Mesh != owner.Mesh {
		return host.BelongsTo(record.Mesh, owner)
	}
	return nil
}
