package expand

import (
	"gatehouse/node/consul"
)

// Verb of a write.
type Verb string

// The verbs of writes.
const (
	Put    Verb = "PUT"
	Delete Verb = "DELETE"
	// Restore is a PUT of the entry as it was before.
	Restore Verb = "RESTORE"
)

// Write of one config entry.
type Write struct {
	Verb       Verb
	Kind, Name string
	// Entry to write; nil for DELETE.
	Entry consul.Entry
	// Before is the entry that the write replaces; nil for none.
	Before consul.Entry
}

// String is the entry as messages name it.
func (w Write) String() string { return w.Kind + "/" + w.Name }

func put(entry, before consul.Entry) Write {
	return Write{Put, entry.Kind(), entry.Name(), entry, before}
}

func remove(before consul.Entry) Write {
	return Write{Delete, before.Kind(), before.Name(), nil, before}
}

// undo returns the writes that undo these, in reverse order: each leads to a state that Consul accepted before.
func undo(done []Write) []Write {
	writes := make([]Write, 0, len(done))
	for i := len(done) - 1; i >= 0; i-- {
		back := Write{Restore, done[i].Kind, done[i].Name, done[i].Before, done[i].Entry}
		if back.Entry == nil {
			back.Verb = Delete
		}
		writes = append(writes, back)
	}
	return writes
}
