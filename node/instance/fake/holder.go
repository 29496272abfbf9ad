package fake

import (
	"fmt"
	"sync"
)

// Holder remembers which ports are held.
type Holder struct {
	mutex sync.Mutex
	held  map[string][]int
	ever  []string
}

// Hold implements hold.Holder.
func (h *Holder) Hold(name string, ports []int) error {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.held == nil {
		h.held = map[string][]int{}
	}
	h.held[name] = ports
	h.ever = append(h.ever, fmt.Sprintf("%s %v", name, ports))
	return nil
}

// Open implements hold.Holder.
func (h *Holder) Open(name string) { h.Release(name) }

// Redirect implements hold.Holder.
func (h *Holder) Redirect(name string, ports map[int]int) error {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.ever = append(h.ever, fmt.Sprintf("%s redirects %v", name, ports))
	return nil
}

// Release implements hold.Holder.
func (h *Holder) Release(name string) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	delete(h.held, name)
}

// Held now, and what ever was: "web [9001]".
func (h *Holder) Held() (now map[string][]int, ever []string) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.held, h.ever
}
