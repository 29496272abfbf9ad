package fake

import (
	"sync"

	"gatehouse/node/fence"
	"gatehouse/node/host"
)

// Fences of the node, with rules in memory.
type Fences struct {
	fence.Keeper

	mutex sync.Mutex
	rules fence.Rules
	fault error
}

func newFences(h *host.Host) *Fences {
	f := &Fences{}
	users := map[string]uint32{}
	f.Keeper = fence.Keeper{Host: h, Kernel: f, UID: func(name string) (uint32, bool) {
		if users[name] == 0 {
			users[name] = uint32(len(users) + 1)
		}
		return users[name], true
	}}
	return f
}

// Fail all further changes of the rules.
func (f *Fences) Fail(err error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.fault = err
}

// Write implements fence.Kernel.
func (f *Fences) Write(rules fence.Rules) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.fault == nil {
		f.rules = rules
	}
	return f.fault
}

// Read implements fence.Kernel.
func (f *Fences) Read() (fence.Rules, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.rules, nil
}

// Ports that are fenced now.
func (f *Fences) Ports() []int {
	rules, _ := f.Read()
	return rules.Ports()
}
