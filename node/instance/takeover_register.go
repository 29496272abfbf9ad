package instance

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gatehouse/node/consul"
)

// register the release with Consul, and what has the same ids no more. In an outage there is no other instance to send callers
// to, so a new check begins with the result that is hoped for.
func (a *apply) register(ctx context.Context, definition liveFile) error {
	if err := a.clearDefinitions(ctx); err != nil {
		return err
	}
	first := definition
	if a.outage {
		first.content = whileClosed(a.release.Name, definition.content)
	}
	if err := a.writeDefinition(first); err != nil {
		return err
	}
	if a.replaces() {
		if err := a.deregister(ctx); err != nil {
			return err
		}
	}
	if err := a.reloadConsul(ctx); err != nil {
		return err
	}
	return a.writeDefinition(definition)
}

// announce has Consul read a definition whose checks begin with results. On the disk it stays without them: an agent that
// restarts has to look itself.
func (a *apply) announce(ctx context.Context, definition liveFile, withResults []byte) error {
	first := definition
	first.content = withResults
	if err := a.writeDefinition(first); err != nil {
		return err
	}
	if err := a.reloadConsul(ctx); err != nil {
		return err
	}
	return a.writeDefinition(definition)
}

// definition of the release.
func (a *apply) definition(files []liveFile) (liveFile, error) {
	at := slices.IndexFunc(files, func(file liveFile) bool { return file.path == definitionPath(a.release.Name) })
	if at < 0 {
		return liveFile{}, fmt.Errorf("the release of %s has no definition", a.release.Name)
	}
	return files[at], nil
}

func (a *apply) writeDefinition(file liveFile) error {
	return a.Host.Write(file.path, file.content, file.mode, file.owner)
}

// clearDefinitions makes way for the release's definition.
func (a *apply) clearDefinitions(ctx context.Context) error {
	if a.replaces() { // first, so that no other reload moves a sidecar
		if err := a.keepPorts(ctx, automaticPorts(a.hand.Registrations)); err != nil {
			return err
		}
	}
	own := definitionPath(a.release.Name)
	for _, path := range a.hand.Definitions {
		switch {
		case path == own && !a.replaces():
			// Its registrations stay for as long as callers' Envoys have not heard of the new one.
			if err := a.Host.Remove(leavingPath(own)); err != nil { // of a killed run
				return err
			}
			if err := a.Host.HardLink(own, leavingPath(own)); err != nil {
				return err
			}
		case path != own && a.replaces():
			if err := a.Host.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// leavingPath is where a definition stays for a moment when the release takes its place. It is next to it among the agent's files,
// whose order decides which sidecar gets which automatic port.
func leavingPath(path string) string {
	return strings.TrimSuffix(path, filepath.Ext(path)) + ".gatehouse-leaving.hcl"
}

// replaces says whether the registrations made by hand cannot be there together with the release's: they have an id of
// these, or a sidecar would not know which of two proxies it is.
func (a *apply) replaces() bool {
	own := IDs(a.release.Kind, a.release.Name)
	isOwn := func(id string) bool { return slices.Contains(own, id) }
	return slices.ContainsFunc(a.hand.services, isOwn) || slices.ContainsFunc(a.hand.sidecars, isOwn) ||
		slices.ContainsFunc(a.hand.Registrations, func(one consul.Registration) bool { return isOwn(one.OfID) })
}

// deregister what came through Consul's API under other ids.
func (a *apply) deregister(ctx context.Context) error {
	own := IDs(a.release.Kind, a.release.Name)
	for _, one := range a.hand.Persisted {
		if slices.Contains(own, one.id) {
			continue // Consul forgets it for the definition
		}
		a.swap.reloadConsul = true
		err := withTokens(a.tokens(a.hand, one.id), func(token string) error { return a.Agent.Deregister(ctx, one.id, token) })
		if err != nil {
			return fmt.Errorf("the registration %q could not be taken away: %w", one.id, err)
		}
	}
	return nil
}

// withResults gives the first check of a service and those of its sidecar the result passing to begin with. An alias of another
// check looks again only when that one changes.
func withResults(definition []byte) []byte {
	const sidecarCheck = "      checks = [\n        {\n"
	text := string(withResult(definition))
	text = strings.Replace(text, sidecarCheck, sidecarCheck+"          status   = \"passing\"\n", 1)
	return []byte(aliasCheck.ReplaceAllString(text, "${0}\n          status        = \"passing\""))
}

// whileClosed is a definition for the time in which the ports are closed. Its checks look rarely, since a look at a closed port would
// make the only instance critical; and they have ids of their own, since Consul has a check begin with the result that it last had
// for the id.
func whileClosed(name string, definition []byte) []byte {
	text := checkInterval.ReplaceAllString(string(withResults(definition)), `${1}"60s"`)
	count := 0
	return []byte(ownID.ReplaceAllStringFunc(text, func(line string) string {
		count++
		return fmt.Sprintf("%s\n id = \"gatehouse-taking-over-%s-%d\"", line, name, count)
	}))
}

var (
	aliasCheck    = regexp.MustCompile(`(?m)^\s+alias_service = .*$`)
	checkInterval = regexp.MustCompile(`(?m)^(\s+interval\s*= )"[^"]*"$`)
	// ownID goes behind a line that each check has.
	ownID = regexp.MustCompile(`(?m)^\s+(interval\s*=|alias_service =) .*$`)
)
