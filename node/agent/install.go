package agent

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"gatehouse/node/document"
	"gatehouse/node/host"
)

// keepForeign keeps copies of the files of an agent that a person set up, since this run overwrites them.
func (t *transaction) keepForeign(context.Context) error {
	if t.ours {
		return nil
	}
	files := []string{configuration, unitFile, secretsFile}
	for _, name := range t.h.List(tlsDir) {
		files = append(files, filepath.Join(tlsDir, name))
	}
	var there []string
	for _, file := range files {
		if t.h.Exists(file) {
			there = append(there, file)
		}
	}
	return t.h.Backup(there...)
}

// writeRecord runs before each change that `agent remove` would have to undo.
func (t *transaction) writeRecord(context.Context) error {
	t.record.Mesh, t.record.Role = t.doc.Mesh, t.doc.Role
	t.record.AddedUser = t.record.AddedUser || !t.tools.Users.Exists(userName)
	text, err := t.record.text()
	if err != nil {
		return err
	}
	if err := t.undo.Folder(t.h, host.Gatehouse, 0o755, root); err != nil {
		return err
	}
	if _, err := t.undo.WriteIfNew(t.h, RecordFile, text, 0o644, root); err != nil {
		return err
	}
	_, err = t.undo.Remove(t.h, legacyRecord)
	return err
}

func (t *transaction) addUser(ctx context.Context) error {
	if t.tools.Users.Exists(userName) {
		return nil
	}
	t.undo.Add("remove the user "+userName, func(ctx context.Context) error {
		if !t.tools.Users.Exists(userName) {
			return nil
		}
		return t.tools.Users.Remove(ctx, userName)
	})
	return t.tools.Users.Add(ctx, userName, dataDir)
}

func (t *transaction) makeFolders(context.Context) error {
	if err := t.undo.Folder(t.h, host.ConsulDir, 0o755, root); err != nil {
		return err
	}
	if !t.h.Exists(dataDir) {
		t.undo.Add("remove "+dataDir, func(context.Context) error { return t.h.Remove(dataDir) })
	}
	return t.undo.Folder(t.h, dataDir, 0o750, consulOwner)
}

func (t *transaction) installCertificates(ctx context.Context) error {
	if !t.doc.TLS {
		for _, path := range tlsFiles() {
			if _, err := t.undo.Remove(t.h, path); err != nil {
				return err
			}
		}
		return nil
	}
	if err := t.undo.Folder(t.h, tlsDir, 0o755, root); err != nil {
		return err
	}
	if err := t.hear(tlsDir+"/ca.pem", "ca", root); err != nil {
		return err
	}
	if t.doc.Role != document.Server {
		return t.makeXDSCertificate(ctx)
	}
	if err := t.hear(tlsDir+"/server.pem", "cert", root); err != nil {
		return err
	}
	return t.hear(tlsDir+"/server-key.pem", "key", host.ConsulMayRead)
}

// hear writes a certificate or a key from the secrets, and notes whether the agent has to read a new one.
func (t *transaction) hear(path, key string, owner host.Owner) error {
	return t.hearText(path, strings.TrimRight(t.secrets[key], "\n")+"\n", owner)
}

func (t *transaction) hearText(path, text string, owner host.Owner) error {
	mode := os.FileMode(0o644)
	if owner == host.ConsulMayRead {
		mode = 0o640
	}
	written, err := t.undo.WriteIfNew(t.h, path, []byte(text), mode, owner)
	t.heard = t.heard || written
	return err
}

// makeXDSCertificate makes the certificate that the agent shows to this node's Envoys. Its key never leaves the node. The
// certificate from auto-encrypt would not do: the CA of the mesh signs it, and that CA may be replaced while an Envoy runs.
func (t *transaction) makeXDSCertificate(ctx context.Context) error {
	ca, certificate, key := tlsDir+"/xds-ca.pem", tlsDir+"/xds.pem", tlsDir+"/xds-key.pem"
	if t.filled(ca) && t.filled(certificate) && t.filled(key) {
		return nil
	}
	folder, err := t.scratch()
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // the next boot empties /run
	made, err := t.tools.XDSCertificate(ctx, folder)
	if err != nil {
		return err
	}
	if err := t.hearText(ca, string(made.CA), root); err != nil {
		return err
	}
	if err := t.hearText(certificate, string(made.Certificate), root); err != nil {
		return err
	}
	return t.hearText(key, string(made.Key), host.ConsulMayRead)
}

func (t *transaction) filled(path string) bool {
	text, err := t.h.Read(path)
	return err == nil && len(text) > 0
}

func (t *transaction) installConfiguration(context.Context) error {
	written, err := t.undo.Install(t.h, t.doc.Configuration)
	t.restart = t.restart || written
	return err
}
