package look

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gatehouse/node/consul"
)

// agentPatience is how long the agent has to answer.
const agentPatience = 5 * time.Second

// agent's own page and its leader, with the node's token if Gatehouse has put one here.
func (l *looker) agent(ctx context.Context) {
	status, self := l.ask(ctx, "agent/self")
	l.print("agent", status, self)
	_, leader := l.ask(ctx, "status/leader")
	l.print("leader", strings.ReplaceAll(leader, `"`, ""))
}

// largestPage of the agent that is read: it may have hundreds of registrations.
const largestPage = 16 << 20

func (l *looker) ask(ctx context.Context, path string) (status, page string) {
	ctx, cancel := context.WithTimeout(ctx, agentPatience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, l.Agent+"/v1/"+path, nil)
	if err != nil {
		return "", ""
	}
	if token := consul.TokenFor(l.Host, ""); token != "" {
		request.Header.Set("X-Consul-Token", token)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		return "", ""
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(answer.Body, largestPage))
	return fmt.Sprint(answer.StatusCode), string(body)
}

// registrations of the agent.
func (l *looker) registrations(ctx context.Context) {
	status, page := l.ask(ctx, "agent/services")
	if status != "200" {
		page = ""
	}
	l.print("registrations", page)
	for _, found := range registeredPort.FindAllStringSubmatch(page, -1) {
		if port, err := strconv.Atoi(found[1]); err == nil {
			l.theirPorts = append(l.theirPorts, port)
		}
	}
}

var registeredPort = regexp.MustCompile(`"Port":(\d+)`)
