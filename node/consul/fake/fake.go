// Package fake is a node's Consul agent in memory, for tests. Its definitions are the files of a folder, which it reads
// when it reloads.
package fake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"gatehouse/node/consul"
)

// Agent implements consul.Agent, and what the sweep asks of one. All its methods may be used at the same time.
type Agent struct {
	// Folder of the definitions.
	Folder string
	// Data is where it keeps what came through its API; "" keeps it in memory.
	Data string
	// Node that the agent is on.
	Node string
	// Others are nodes that offer a healthy instance too, by service.
	Others map[string][]string
	// NoLeader says that the servers have none.
	NoLeader bool
	// Healthy says what the check of a registration finds. nil: every one is well.
	Healthy func(id string) bool
	// Fault is asked before each request, for example "reload" or "maintenance web on"; an error is what it then fails with.
	Fault func(request string) error

	mutex       sync.Mutex
	registered  map[string]registration
	maintenance map[string]bool
	node        bool
	requests    []string
}

// registration and where it came from.
type registration struct {
	consul.Registration
	// file that defines it; "" when it came through the API.
	file string
	// text of its definition, as the agent read it.
	text string
	// passing says that the definition gave its first check a result.
	passing bool
	// token that it was registered with, through the API.
	token string
	// kept is the file in Data; "" where there is none.
	kept string
}

var _ consul.Agent = (*Agent)(nil)

var errRefused = errors.New("the token may not do that")

func (a *Agent) ask(words ...string) error {
	request := strings.Join(words, " ")
	a.mutex.Lock()
	a.requests = append(a.requests, request)
	a.mutex.Unlock()
	if a.Fault == nil {
		return nil
	}
	return a.Fault(request)
}

// Requests that were made, in their order: "reload".
func (a *Agent) Requests() []string {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return slices.Clone(a.requests)
}

// Forget the requests.
func (a *Agent) Forget() {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.requests = nil
}

// Register through the API, with a token.
func (a *Agent) Register(one consul.Registration, token string) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.put(registration{Registration: one, token: token})
}

func (a *Agent) put(one registration) {
	if a.registered == nil {
		a.registered = map[string]registration{}
	}
	a.registered[one.ID] = one
}

// InMaintenance are the ids of what is in maintenance mode; "node" is the node itself.
func (a *Agent) InMaintenance() []string {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	ids := slices.Sorted(maps.Keys(a.maintenance))
	if a.node {
		ids = append(ids, "node")
	}
	return ids
}

// IntroducedPassing says whether the definition by which the agent first heard of a registration gave it the result
// passing.
func (a *Agent) IntroducedPassing(id string) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.registered[id].passing
}

// State is one line a registration. Equal states of two moments are equal texts.
func (a *Agent) State() string {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	var lines []string
	for _, id := range slices.Sorted(maps.Keys(a.registered)) {
		one := a.registered[id]
		one.text = status.ReplaceAllString(one.text, "") // counts when the agent first hears of it alone
		lines = append(lines, fmt.Sprintf("%q of %s by %q: %s", id, one.Service, one.file, strings.Join(strings.Fields(one.text), " ")))
	}
	return strings.Join(lines, "\n")
}

// Answers implements consul.Agent.
func (a *Agent) Answers(ctx context.Context) bool { return ctx.Err() == nil }

// Leader implements consul.Agent.
func (a *Agent) Leader(context.Context) string {
	if a.NoLeader {
		return ""
	}
	return "10.0.0.1:8300"
}

// Reload implements consul.Agent.
func (a *Agent) Reload(ctx context.Context) error {
	if err := errors.Join(a.ask("reload"), ctx.Err()); err != nil {
		return err
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	known := a.registered
	a.registered = map[string]registration{}
	for _, one := range known {
		if one.file == "" {
			a.put(one)
		}
	}
	for id, one := range a.registered {
		if one.kept != "" {
			delete(a.registered, id)
		}
	}
	files, _ := filepath.Glob(filepath.Join(a.Folder, "*.hcl"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, one := range parse(filepath.Base(file), string(text)) {
			if earlier, there := known[one.ID]; there {
				one.passing = earlier.passing
			}
			if one.Of != "" && one.Port == 0 {
				one.Port = a.freePort()
			}
			a.put(one)
		}
	}
	if err := a.loadKept(); err != nil {
		return err
	}
	for id := range a.maintenance {
		if _, there := a.registered[id]; !there {
			delete(a.maintenance, id)
		}
	}
	return nil
}

// freePort is the first automatic one that no registration has.
func (a *Agent) freePort() int {
	port := 21000
	has := func(one registration) bool { return one.Port == port }
	for slices.ContainsFunc(slices.Collect(maps.Values(a.registered)), has) {
		port++
	}
	return port
}

// Deregister takes a registration away.
func (a *Agent) Deregister(ctx context.Context, id, token string) error {
	if err := errors.Join(a.ask("deregister", id), ctx.Err()); err != nil {
		return err
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	one, there := a.registered[id]
	if !there {
		return fmt.Errorf("unknown service %q", id)
	}
	if one.token != token {
		return errRefused
	}
	if one.kept != "" {
		_ = os.Remove(one.kept)
	}
	delete(a.registered, id)
	return nil
}
