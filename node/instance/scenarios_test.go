package instance_test

import (
	"context"
	"strings"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/instance/fake"
)

func applying(release document.Instance) func(ctx context.Context, n *fake.Node) error {
	return func(ctx context.Context, n *fake.Node) error { return n.Apply(ctx, release, nil) }
}

func first(release document.Instance) func(t *testing.T, n *fake.Node) {
	return func(t *testing.T, n *fake.Node) {
		token(n, release.Name)
		apply(t, n, release)
		n.Consul.Others = map[string][]string{release.Name: {"worker2"}}
	}
}

func drained(release document.Instance) document.Instance {
	release.Drain = true
	return release
}

// everythingChanged is a release that differs from r1 in every part, with secret variables.
func everythingChanged() document.Instance {
	release := withDefinition(fake.Service("web", "r2", "-verbose"), `name     = "health"`, `name     = "is it well"`)
	release.Files[2].Content = strings.Replace(release.Files[2].Content, "-port 5000", "-port 5000 -quiet", 1)
	release.Files[3].Content = "LEVEL=\"debug\"\n"
	return release
}

func withSecrets(release document.Instance) func(ctx context.Context, n *fake.Node) error {
	release.Secrets = []document.SecretVariable{{Name: "PASSWORD", Version: "1"}}
	return func(ctx context.Context, n *fake.Node) error {
		return n.Apply(ctx, n.WithBinary(release, "program"), map[string]string{"PASSWORD": "secret"})
	}
}

func byHand(t *testing.T, n *fake.Node) {
	n.Put("/etc/systemd/system/web.service", handUnit)
	n.Put("/etc/systemd/system/web.service.d/more.conf", "[Service]\nNice=5\n")
	n.Put("/etc/consul.d/web.hcl", handDefinition)
	n.Start("web.service")
	must(t, n.Consul.Reload(context.Background()))
	token(n, "web")
}

func scenarios() []scenario {
	hand := map[string]string{"/etc/systemd/system/web.service": handUnit, "/etc/consul.d/web.hcl": handDefinition}
	return []scenario{
		{"the first release", func(_ *testing.T, n *fake.Node) { token(n, "web") }, withSecrets(fake.Service("web", "r1")), nil, false},
		{"the first release over what a person made", byHand, applying(takingOver(fake.Service("web", "r1"))), hand, false},
		{"a takeover under other names", byOtherNames, applying(takingOver(fake.Service("web", "r1"))), otherHand, false},
		{"a takeover that drains", func(t *testing.T, n *fake.Node) {
			byOtherNames(t, n)
			n.Consul.Others = map[string][]string{"web": {"worker2"}}
		}, applying(takingOver(drained(fake.Service("web", "r1")))), otherHand, false},
		{"a takeover of what came through the API", throughTheAPI, applying(takingOver(fake.Service("web", "r1"))), nil, false},
		{"a takeover of a gateway", gatewayByHand, applying(takingOver(fake.Gateway("edge", "r1"))), nil, false},
		{"a drained release", first(fake.Service("web", "r1")), withSecrets(drained(everythingChanged())), nil, false},
		{"a release of the only instance", first(fake.Service("web", "r1")), applying(everythingChanged()), nil, false},
		{"a release that changes the definition alone", first(fake.Service("web", "r1")), applying(drained(
			withDefinition(fake.Service("web", "r2"), `name     = "health"`, `name     = "is it well"`))), nil, false},
		{"the same release again", first(fake.Service("web", "r1")), applying(drained(fake.Service("web", "r1"))), nil, false},
		{"a gateway's first release", nil, applying(fake.Gateway("edge", "r1")), nil, false},
		{"a gateway's release", first(fake.Gateway("edge", "r1")), applying(drained(fake.Gateway("edge", "r2", "-clusters"))), nil, false},
		{"a service becomes a gateway", first(fake.Service("web", "r1")), applying(drained(fake.Gateway("web", "r2"))), nil, false},
		{"a rollback", func(t *testing.T, n *fake.Node) {
			first(fake.Service("web", "r1"))(t, n)
			apply(t, n, drained(everythingChanged()))
		}, func(ctx context.Context, n *fake.Node) error { return n.Rollback(ctx, "web") }, nil, true},
		{"a removal", func(t *testing.T, n *fake.Node) {
			first(fake.Service("web", "r1"))(t, n)
		}, func(ctx context.Context, n *fake.Node) error { return n.Remove(ctx, "web") }, nil, false},
	}
}

// scenario is a change in which faults happen.
type scenario struct {
	name    string
	prepare func(t *testing.T, n *fake.Node)
	run     func(ctx context.Context, n *fake.Node) error
	// byHand are files that a person made, with their content.
	byHand map[string]string
	// once says that the change cannot be repeated.
	once bool
}

const (
	handUnit       = "[Unit]\nDescription=By hand\n[Service]\nExecStart=/usr/bin/by-hand -port 9001\n[Install]\nWantedBy=multi-user.target\n"
	handDefinition = "service {\n  id   = \"web\"\n  name = \"web\"\n  port = 9001\n}\n"
)
