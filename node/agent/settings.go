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

// readSettings returns the zero value when there are none.
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

// installSecrets writes the gossip key and the agent's tokens.
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
	// A reload does not change the gossip key, nor end the encryption. It is enough where the running agent has the key already.
	t.restart = t.restart || before.Encrypt != now.Encrypt && (before.Encrypt == "" || !t.encryptsWith(now.Encrypt))
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

// keyrings of gossip within the datacenter, and between datacenters, which only some servers have.
var keyrings = []string{dataDir + "/serf/local.keyring", dataDir + "/serf/remote.keyring"}

// encryptsWith says whether the agent's keyrings have a key in use: the first of their lists. `consul keyring` changes a keyring
// while the agent runs, and an agent that starts takes the keyring and not its configuration.
func (t *transaction) encryptsWith(key string) bool {
	for at, path := range keyrings {
		text, err := t.h.Read(path)
		if at > 0 && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var keys []string
		if err != nil || json.Unmarshal(text, &keys) != nil || len(keys) == 0 || keys[0] != key {
			return false
		}
	}
	return true
}

// installToken writes the agent's own token to the file that the node's programs read, and returns it.
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
	// A server got its own token after its start, from `agent token`.
	text, err := t.h.Read(consul.NodeToken)
	if err != nil {
		return "", nil //nolint:nilerr // there is none yet
	}
	return strings.TrimSpace(string(text)), nil
}

// removeKeyrings when gossip is no longer encrypted: with a keyring, Consul would go on with its old key.
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
