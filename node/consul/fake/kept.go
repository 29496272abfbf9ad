package fake

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"regexp"

	"gatehouse/node/consul"
)

var status = regexp.MustCompile(`status\s*= "passing"`)

// keptFile is the file that the agent writes for a registration through its API.
type keptFile struct {
	Token   string
	Service consul.Registration
}

// Keep registers through the API, as Register does, and has the agent keep it in Data: it reads that when it reloads.
func (a *Agent) Keep(one consul.Registration, token string) error {
	text, err := json.Marshal(keptFile{token, one})
	if err != nil {
		return err
	}
	sum := fnv.New64()
	_, _ = sum.Write([]byte(one.ID))
	path := filepath.Join(a.Data, "services", fmt.Sprintf("%x", sum.Sum64()))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return err
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.put(registration{Registration: one, token: token, kept: path})
	return nil
}

// loadKept registrations; a definition of the same id has the agent forget what it kept.
func (a *Agent) loadKept() error {
	if a.Data == "" {
		return nil
	}
	files, _ := filepath.Glob(filepath.Join(a.Data, "services", "*"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var kept keptFile
		if err := json.Unmarshal(text, &kept); err != nil {
			continue // a test wrote it that needs no agent to read it
		}
		if _, defined := a.registered[kept.Service.ID]; defined {
			if err := os.Remove(file); err != nil {
				return err
			}
			continue
		}
		a.put(registration{Registration: kept.Service, token: kept.Token, kept: file})
	}
	return nil
}
