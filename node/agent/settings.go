package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"gatehouse/node/consul"
	"gatehouse/node/host"
)

// settings is secretsFile: a part of Consul's configuration.
type settings struct {
	Encrypt string `json:"encrypt,omitempty"`
	ACL     struct {
		Tokens struct {
			Agent             string `json:"agent,omitempty"`
			InitialManagement string `json:"initial_management,omitempty"`
		} `json:"tokens"`
	} `json:"acl"`
}

// readSettings are the zero value where there are none.
func readSettings(h *host.Host) (settings, error) {
	var now settings
	text, err := h.Read(secretsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return now, nil
	}
	if err != nil {
		return now, err
	}
	if err := json.Unmarshal(text, &now); err != nil {
		return now, fmt.Errorf("%s is not JSON: move it away and deploy again", secretsFile) // the error may quote a secret
	}
	return now, nil
}

func (s settings) text() ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(s)
	return text.Bytes(), err
}

// installSecrets are the gossip key and the agent's tokens.
func (t *transaction) installSecrets(context.Context) error {
	before, err := readSettings(t.h)
	if err != nil {
		return err
	}
	token, err := t.installToken()
	if err != nil {
		return err
	}
	var now settings
	now.Encrypt = t.secrets["gossipKey"]
	now.ACL.Tokens.Agent, now.ACL.Tokens.InitialManagement = token, t.secrets["managementToken"]
	// Another gossip key, or none any more, is nothing that a reload could bring.
	t.restart = t.restart || before.Encrypt != now.Encrypt
	if !t.doc.Secrets {
		_, err := t.undo.Remove(t.h, secretsFile)
		return err
	}
	text, err := now.text()
	if err != nil {
		return err
	}
	return t.hearText(secretsFile, string(text), host.ConsulMayRead)
}

// installToken puts the agent's own token where the node's programs read it, and returns it.
func (t *transaction) installToken() (string, error) {
	token := t.secrets["agentToken"]
	if token != "" {
		if err := t.undo.Folder(t.h, host.Secrets, 0o700, root); err != nil {
			return "", err
		}
		_, err := t.undo.WriteIfNew(t.h, consul.NodeToken, []byte(token+"\n"), 0o600, root)
		return token, err
	}
	if !t.doc.ACL {
		_, err := t.undo.Remove(t.h, consul.NodeToken)
		return "", err
	}
	// A server's own token came after the server's start, by agent token.
	text, err := t.h.Read(consul.NodeToken)
	if err != nil {
		return "", nil //nolint:nilerr // there is none yet
	}
	return strings.TrimSpace(string(text)), nil
}

// removeKeyrings where gossip is not encrypted any more: with one, Consul goes on with the key that it was once given.
func (t *transaction) removeKeyrings(context.Context) error {
	if t.secrets["gossipKey"] != "" {
		return nil
	}
	for _, name := range t.h.List(dataDir + "/serf") {
		if !strings.HasSuffix(name, ".keyring") {
			continue
		}
		if _, err := t.undo.Remove(t.h, filepath.Join(dataDir, "serf", name)); err != nil {
			return err
		}
	}
	return nil
}
