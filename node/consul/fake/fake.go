// Package fake is a node's Consul agent in memory, for tests. Its definitions are the files of a folder, which it reads
// when it reloads.
package fake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"gatehouse/node/consul"
)

// Agent implements consul.Agent, and what the sweep asks of one. All its methods may be used at the same time.
type Agent struct {
	// Folder of the definitions.
	Folder string
	// Data is the folder for registrations through its API; "" keeps them in memory.
	Data string
	// Node that the agent is on.
	Node string
	// Others are nodes that offer a healthy instance too, by service.
	Others map[string][]string
	// NoLeader says that the servers have none.
	NoLeader bool
	// Healthy is the result of a registration's check. nil: every one passes.
	Healthy func(id string) bool
	// Fault is called before each request, for example with "reload" or "maintenance web on". The request fails with its
	// error.
	Fault func(request string) error

	mutex       sync.Mutex
	registered  map[string]registration
	maintenance map[string]bool
	node        bool
	requests    []string
}

// registration and its origin.
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

// State has a line for each registration. Equal states have equal texts.
func (a *Agent) State() string {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	var lines []string
	for _, id := range slices.Sorted(maps.Keys(a.registered)) {
		one := a.registered[id]
		one.text = status.ReplaceAllString(one.text, "") // only counts when the agent first reads the definition
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
