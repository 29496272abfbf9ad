package instance

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"gatehouse/node/document"
	"gatehouse/node/host"
)

func loadLegacy(h *host.Host, folder string) (document.Instance, error) {
	text, err := h.Read(filepath.Join(folder, legacyConf))
	if err != nil {
		return document.Instance{}, fmt.Errorf("the release in %s cannot be read: %w", folder, err)
	}
	conf := host.Conf(string(text))
	number := func(key string) int {
		value, _ := strconv.Atoi(conf[key])
		return value
	}
	seconds := func(key string) float64 {
		value, _ := strconv.ParseFloat(conf[key], 64)
		return value
	}
	release := document.Instance{
		Name: conf["NAME"], Kind: document.Kind(conf["KIND"]), Release: conf["RELEASE"], AdminPort: number("ADMIN_PORT"),
		Health: document.Health{
			Direct: conf["CHECK_DIRECT"] == "yes", URL: conf["CHECK_URL"],
			TimeoutSeconds: seconds("CHECK_TIMEOUT"), SteadySeconds: seconds("CHECK_SECONDS"),
		},
		Drain: conf["DRAIN"] == "yes",
	}
	owner, err := earlierOwner(h)
	if err != nil {
		return release, err
	}
	release.Owner = owner
	if sha := conf["BINARY_SHA256"]; sha != "" {
		release.Binary = &document.Binary{SHA256: sha, Name: conf["BINARY_NAME"]}
	}
	for _, variable := range strings.Fields(conf["SECRET_ENV"]) {
		name, version, _ := strings.Cut(variable, ":")
		release.Secrets = append(release.Secrets, document.SecretVariable{Name: name, Version: version})
	}
	if ports := strings.Fields(conf["PORTS"]); release.Kind == document.Service && len(ports) > 1 {
		release.Port, _ = strconv.Atoi(ports[0])
		release.SidecarPort, _ = strconv.Atoi(ports[1])
	}
	for _, listener := range strings.Fields(conf["UPSTREAM_LISTENERS"]) {
		name, _, _ := strings.Cut(listener, ":")
		port, _ := strconv.Atoi(listener[strings.LastIndex(listener, ":")+1:])
		release.Upstreams = append(release.Upstreams, document.Upstream{Name: name, LocalPort: port})
	}
	for part, to := range map[string]document.File{
		"consul":  {Path: host.ConsulDir, Mode: "0644"},
		"systemd": {Path: host.UnitDir, Mode: "0644"},
		"env":     {Path: host.EnvDir, Mode: "0600"},
	} {
		for _, name := range h.List(filepath.Join(folder, part)) {
			content, err := h.Read(filepath.Join(folder, part, name))
			if err != nil {
				return release, err
			}
			release.Files = append(release.Files, document.File{Path: filepath.Join(to.Path, name), Mode: to.Mode, Content: string(content)})
		}
	}
	return release, nil
}
