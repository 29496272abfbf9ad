package fake

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gatehouse/node/consul"
)

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

var (
	begins      = regexp.MustCompile(`(?m)^services? \{$`)
	sidecarPort = regexp.MustCompile(`sidecar_service \{\s*port\s*= (\d+)`)
	upstream    = regexp.MustCompile(`destination_name = "([^"]*)"\s*local_bind_port\s*= (\d+)`)
)

// parse what a file defines, as far as tests need it: `service` blocks with their attributes at the first level.
func parse(file, text string) []registration {
	var found []registration
	at := begins.FindAllStringIndex(text, -1)
	for i, from := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		block := text[from[0]:end]
		one := registration{file: file, text: block, passing: strings.Contains(block, `status = "passing"`)}
		one.Port, _ = strconv.Atoi(number(block, "port"))
		one.Service, one.Kind = attribute(block, "name"), attribute(block, "kind")
		if one.ID = attribute(block, "id"); one.ID == "" {
			one.ID = one.Service
		}
		found = append(found, one)
		if strings.Contains(block, "sidecar_service") {
			found = append(found, sidecarOf(one))
		}
	}
	return found
}

func sidecarOf(service registration) registration {
	sidecar := service
	sidecar.ID, sidecar.Service = service.ID+"-sidecar-proxy", service.Service+"-sidecar-proxy"
	sidecar.Kind, sidecar.Of, sidecar.OfID = "connect-proxy", service.Service, service.ID
	sidecar.Port = 0
	if port := sidecarPort.FindStringSubmatch(service.text); port != nil {
		sidecar.Port, _ = strconv.Atoi(port[1])
	}
	for _, match := range upstream.FindAllStringSubmatch(service.text, -1) {
		port, _ := strconv.Atoi(match[2])
		sidecar.Upstreams = append(sidecar.Upstreams, consul.Upstream{Name: match[1], LocalPort: port})
	}
	return sidecar
}

func number(block, name string) string {
	match := regexp.MustCompile(`(?m)^  ` + name + `\s*= (\d+)$`).FindStringSubmatch(block)
	if match == nil {
		return ""
	}
	return match[1]
}

func attribute(block, name string) string {
	match := regexp.MustCompile(`(?m)^  ` + name + `\s*= "([^"]*)"$`).FindStringSubmatch(block)
	if match == nil {
		return ""
	}
	return match[1]
}
