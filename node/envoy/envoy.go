// Package envoy asks an Envoy's admin page.
package envoy

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Admin page of one Envoy.
type Admin struct {
	// URL for example http://127.0.0.1:19000
	URL string
	// Largest page that is read, in bytes: if no Envoy runs, any process of the node may listen on its port. 0: 64 MiB.
	Largest int64
}

// At is the admin page on a port of this node.
func At(port int) Admin { return Admin{URL: fmt.Sprintf("http://127.0.0.1:%d", port)} }

const largest = 64 << 20

var client = &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// Get a page.
func (a Admin) Get(ctx context.Context, path string) ([]byte, error) {
	return a.ask(ctx, http.MethodGet, path)
}

// Post to a page.
func (a Admin) Post(ctx context.Context, path string) error {
	_, err := a.ask(ctx, http.MethodPost, path)
	return err
}

func (a Admin) ask(ctx context.Context, method, path string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, a.URL+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	limit := cmp.Or(a.Largest, largest)
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err == nil && int64(len(body)) > limit {
		err = fmt.Errorf("%s answers more than %d MiB", path, limit>>20)
	}
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s", path, response.Status)
	}
	return body, err
}

// Traffic are the running requests (http) or connections (tcp) from outside, and how many there ever were.
type Traffic struct{ Active, Total int64 }

const trafficFilter = `^(http.(public_listener|ingress_upstream).*downstream_rq|tcp.(public_listener|ingress_upstream).*downstream_cx)_(active|total)$`

// Traffic that Envoy counts.
func (a Admin) Traffic(ctx context.Context) (Traffic, error) {
	stats, err := a.Stats(ctx, trafficFilter)
	if err != nil {
		return Traffic{}, err
	}
	var sum Traffic
	for name, value := range stats {
		if strings.HasSuffix(name, "_active") {
			sum.Active += value
		} else {
			sum.Total += value
		}
	}
	return sum, nil
}

// Stats whose names match a regular expression. A histogram or text among them is left out.
func (a Admin) Stats(ctx context.Context, filter string) (map[string]int64, error) {
	text, err := a.Get(ctx, "/stats?filter="+url.QueryEscape(filter))
	if err != nil {
		return nil, err
	}
	stats := map[string]int64{}
	lines := bufio.NewScanner(strings.NewReader(string(text)))
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		if number, err := strconv.ParseInt(value, 10, 64); err == nil {
			stats[name] = number
		}
	}
	return stats, nil
}

// Draining says how many listeners still end connections of a configuration that is gone.
func (a Admin) Draining(ctx context.Context) (int64, error) {
	stats, err := a.Stats(ctx, `^listener_manager.total_listeners_draining$`)
	return stats["listener_manager.total_listeners_draining"], err
}

// Listener of an Envoy.
type Listener struct {
	// Name, as Consul gives it: "backend:127.0.0.1:5000" for an upstream.
	Name    string
	Address string
	Port    int
}

// Listeners that Envoy has.
func (a Admin) Listeners(ctx context.Context) ([]Listener, error) {
	text, err := a.Get(ctx, "/listeners?format=json")
	if err != nil {
		return nil, err
	}
	var page struct {
		ListenerStatuses []struct {
			Name         string `json:"name"`
			LocalAddress struct {
				SocketAddress struct {
					Address   string `json:"address"`
					PortValue int    `json:"port_value"`
				} `json:"socket_address"`
			} `json:"local_address"`
		} `json:"listener_statuses"`
	}
	if err := json.Unmarshal(text, &page); err != nil {
		return nil, fmt.Errorf("/listeners: %w", err)
	}
	listeners := make([]Listener, 0, len(page.ListenerStatuses))
	for _, one := range page.ListenerStatuses {
		at := one.LocalAddress.SocketAddress
		listeners = append(listeners, Listener{one.Name, at.Address, at.PortValue})
	}
	return listeners, nil
}

// Ready is the state on the page /ready, for example LIVE.
func (a Admin) Ready(ctx context.Context) string {
	text, _ := a.Get(ctx, "/ready")
	return strings.TrimSpace(string(text))
}

var version = regexp.MustCompile(`/(\d+\.\d+\.\d+)/`)

// Version in the output of `envoy --version`. The hash in front of it may look like a version.
func Version(printed string) string {
	if found := version.FindStringSubmatch(printed); found != nil {
		return found[1]
	}
	return ""
}
