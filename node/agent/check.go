package agent

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"gatehouse/node/document"
	"gatehouse/node/host"
)

// check the document and the secrets that arrived.
func (t *transaction) check() error {
	if t.doc.Configuration.Path != configuration || t.doc.Unit.Path != unitFile {
		return fmt.Errorf("the agent's files are %s and %s, not %s and %s; nothing was changed",
			configuration, unitFile, t.doc.Configuration.Path, t.doc.Unit.Path)
	}
	server := t.doc.Role == document.Server
	for key, needed := range map[string]bool{
		"ca":              t.doc.TLS,
		"cert":            t.doc.TLS && server,
		"key":             t.doc.TLS && server,
		"managementToken": t.doc.ACL && server,
	} {
		if needed && t.secrets[key] == "" {
			return fmt.Errorf("the secrets of this step have no %s, which the agent of this node needs; nothing was changed. Deploy again", key)
		}
	}
	return nil
}

// validate the new configuration in a folder that no agent reads. The folder is in memory, so this works on a full disk, too.
func (t *transaction) validate(ctx context.Context) error {
	folder, err := t.scratch()
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // the next boot empties /run
	file := filepath.Join(folder, "consul.hcl")
	if err := os.WriteFile(file, []byte(t.doc.Configuration.Content), 0o600); err != nil {
		return err
	}
	return t.tools.Validate(ctx, file)
}

func (t *transaction) scratch() (string, error) {
	return os.MkdirTemp(t.h.Path(host.Locks), "agent-")
}
